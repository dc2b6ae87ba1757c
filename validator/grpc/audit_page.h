// ListAuditPage: a page of audit entries, newest first, however they are asked
// for.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "db/store.h"
#include "validator/grpc/list.h"
#include "validator/service/services.h"

namespace pawl::validator {

// `name` as for ListPage; `fill(entry, message)` makes an entry's message.
template <typename Request, typename Response, typename Fill>
Status ListAuditPage(const Services& services, std::string_view name,
                     db::AuditFilter filter, const Request& request,
                     Response& response, const Fill& fill) {
  return ListPage(
      *services.hash, name, request, response,
      [&](const std::string& after, size_t limit) {
        // A sequence number, which ReadPageToken has authenticated.
        filter.before_sequence = 0;
        std::from_chars(after.data(), after.data() + after.size(),
                        filter.before_sequence);
        filter.limit = limit;
        return services.store->ListAudit(filter);
      },
      [](const db::AuditEntry& entry) {
        return std::to_string(entry.sequence);
      },
      [&](const db::AuditEntry& entry) {
        fill(entry, *response.add_entries());
      });
}

}  // namespace pawl::validator
