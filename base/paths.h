// Where Pawl keeps its files when nobody says otherwise; pawld and pawl must
// agree on it to meet at the Unix socket.
#pragma once

#include <filesystem>

namespace pawl {

// $PAWL_DATA_DIR, else /var/lib/pawl for root, else $XDG_STATE_HOME/pawl, else
// ~/.local/state/pawl. Reads the environment: call it before threads start.
[[nodiscard]] std::filesystem::path DefaultDataDirectory();

// The Unix socket for local administration inside a data directory.
[[nodiscard]] std::filesystem::path SocketPath(
    const std::filesystem::path& data_directory);

// Where gRPC listens on TCP by default; 7295 is PAWL on a telephone.
inline constexpr const char* kDefaultListenAddress = "127.0.0.1:7295";

}  // namespace pawl
