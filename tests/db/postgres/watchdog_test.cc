#include "db/postgres/watchdog.h"

#include <unistd.h>

#include <optional>

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace pawl::db::postgres {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class WatchdogTest : public ::testing::Test {
 protected:
  WatchdogTest() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets_), 0);
  }
  ~WatchdogTest() override {
    ::close(sockets_[0]);
    ::close(sockets_[1]);
  }

  // Waits for the end of the stream.
  [[nodiscard]] bool HasEnded() const {
    char byte = 0;
    return ::read(sockets_[0], &byte, 1) == 0;
  }
  // Whether the socket still carries bytes.
  [[nodiscard]] bool Works() const {
    char byte = 'x';
    return ::write(sockets_[1], &byte, 1) == 1 &&
           ::read(sockets_[0], &byte, 1) == 1;
  }

  int sockets_[2] = {-1, -1};
};

TEST_F(WatchdogTest, ShutsDownWhatLastsTooLong) {
  Watchdog watchdog;
  const Watchdog::Watch watch(watchdog, sockets_[0], milliseconds(1));
  EXPECT_TRUE(HasEnded());
}

TEST_F(WatchdogTest, AShorterWatchIsNotKeptByALongerOne) {
  Watchdog watchdog;
  int others[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, others), 0);
  {
    const Watchdog::Watch longer(watchdog, others[0], hours(1));
    const Watchdog::Watch shorter(watchdog, sockets_[0], milliseconds(1));
    EXPECT_TRUE(HasEnded());
    EXPECT_EQ(::write(others[1], "x", 1), 1);
  }
  ::close(others[0]);
  ::close(others[1]);
}

TEST_F(WatchdogTest, LetsGoWhatEndedInTime) {
  Watchdog watchdog;
  std::optional<Watchdog::Watch> watch;
  watch.emplace(watchdog, sockets_[0], milliseconds(200));
  watch.reset();
  // Another one of the same length has ended: so would the first have.
  int others[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, others), 0);
  {
    const Watchdog::Watch other(watchdog, others[0], milliseconds(200));
    char byte = 0;
    EXPECT_EQ(::read(others[0], &byte, 1), 0);
  }
  EXPECT_TRUE(Works());
  ::close(others[0]);
  ::close(others[1]);
}

TEST_F(WatchdogTest, EndsWithNothingToWatch) {
  const Watchdog watchdog;
}

}  // namespace
}  // namespace pawl::db::postgres
