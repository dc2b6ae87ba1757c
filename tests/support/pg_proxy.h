// PgProxy: stands between a client and the PostgreSQL server of the tests, and
// cuts connections at a chosen message of the client.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pawl::testing {

class PgProxy {
 public:
  PgProxy();  // to PGHOST:PGPORT
  ~PgProxy();
  PgProxy(const PgProxy&) = delete;
  PgProxy& operator=(const PgProxy&) = delete;

  // "&host=...&port=...&sslmode=disable" for TestDatabase::Url().
  [[nodiscard]] std::string UrlPart() const;

  enum class Cut {
    kNever,
    kBefore,  // the server never sees the message
    kAfter,   // the server has answered, the client does not see it
  };
  // At the next message that runs a prepared statement, or a COMMIT; once.
  void CutAtWrite(Cut cut) { Arm(cut, 'B'); }
  void CutAtCommit(Cut cut) { Arm(cut, 'Q'); }
  // Whether the cut has been made.
  [[nodiscard]] bool HasCut() const { return cut_ == Cut::kNever; }

 private:
  void Arm(Cut cut, char message) {
    message_ = message;
    cut_ = cut;
  }
  // What to do about this data of the client.
  Cut CutFor(std::string_view data);
  void Accept();
  void Forward(int client);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<Cut> cut_ = Cut::kNever;
  std::atomic<char> message_ = 'B';
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace pawl::testing
