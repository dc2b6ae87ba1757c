#include "base/address.h"

#include <gtest/gtest.h>

namespace pawl {
namespace {

TEST(IsLoopback, IsTrueForThisHostOnly) {
  for (const char* host :
       {"127.0.0.1", "127.255.0.9", "::1", "[::1]", "localhost"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host :
       {"", "0.0.0.0", "128.0.0.1", "::", "[::]", "[::1", "::2", "127.1",
        "localhost.example", "LOCALHOST", "example", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

}  // namespace
}  // namespace pawl
