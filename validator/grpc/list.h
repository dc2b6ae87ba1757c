// ListPage: the one way a list call is answered: page size, opaque page token,
// one entry more than asked to know whether there is a next page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "validator/service/keyed_hash.h"
#include "validator/service/page_token.h"

namespace pawl::validator {

// `name` identifies list and filter. `load(after_key, limit)` returns
// StatusOr<std::vector<Record>>, `key_of(record)` its place in the list,
// `add(record)` puts it into the response.
template <typename Request, typename Response, typename Load, typename KeyOf,
          typename Add>
Status ListPage(const KeyedHash& hash, std::string_view name,
                const Request& request, Response& response, const Load& load,
                const KeyOf& key_of, const Add& add) {
  PAWL_ASSIGN_OR_RETURN(const size_t size, PageSize(request.page_size()));
  PAWL_ASSIGN_OR_RETURN(const std::string after,
                        ReadPageToken(hash, name, request.page_token()));
  PAWL_ASSIGN_OR_RETURN(auto records, load(after, size + 1));
  const bool more = records.size() > size;
  if (more) {
    records.resize(size);
    response.set_next_page_token(
        MakePageToken(hash, name, key_of(records.back())));
  }
  for (const auto& record : records) {
    add(record);
  }
  return OkStatus();
}

}  // namespace pawl::validator
