// TlsMaterial: what a listener needs to speak TLS.
//
// A plain value. It holds a private key: do not copy it about.
#pragma once

#include <string>

namespace pawl {

// PEM texts; `client_ca` empty: client certificates are not asked for.
struct TlsMaterial {
  std::string certificate{};
  std::string private_key{};
  std::string client_ca{};
};

}  // namespace pawl
