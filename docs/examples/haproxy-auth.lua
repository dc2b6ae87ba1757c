-- HAProxy asks Pawl: /etc/haproxy/pawl-auth.lua, used by haproxy.cfg. For HAProxy
-- 2.6 (Debian 12: package haproxy).

-- The key of a client that may check this service and nothing else, in a file of
-- its own (owner root, mode 0600): HAProxy reads it before it becomes haproxy, and
-- does not start without it.
--
--     pawl client create webdav --role login --service webdav --key-out webdav.key
local key_file = "/etc/haproxy/pawl.key"

local file, problem = io.open(key_file)
local key = file and file:read("l")
if file then file:close() end
if not key or key == "" then
  error("pawl: no key in " .. key_file .. ": " .. (problem or "it is empty"))
end

-- "http-request lua.pawl SERVICE" sets the variable txn.pawl to "yes", with
-- txn.pawl_account and txn.pawl_account_id, or to "no", with txn.pawl_ask. When
-- nobody knows it sets none of them.
core.register_action("pawl", { "http-req" }, function(txn, service)
  local answer = core.httpclient():get({
    url = "http://pawl/auth/basic?service=" .. service,
    -- By way of the frontend pawl: on its own this client asks up to four times.
    dst = "abns@pawl",
    -- Nothing of the request but the password; a header that the browser made up
    -- does not get through. Failures count where they come from.
    headers = {
      ["x-pawl-key"] = { key },
      ["authorization"] = { txn.f:req_fhdr("authorization") },
      ["x-real-ip"] = { txn.f:src() },
    },
    timeout = 10000,  -- milliseconds; the backend pawl gives up before
  })
  local function header(name)
    local values = answer.headers and answer.headers[name]
    return values and values[0]
  end

  local account = header("x-pawl-account")
  if answer.status == 200 and account then
    txn:set_var("txn.pawl_account", account)
    txn:set_var("txn.pawl_account_id", header("x-pawl-account-id"))
    txn:set_var("txn.pawl", "yes")
  elseif answer.status == 401 then
    txn:set_var("txn.pawl_ask", header("www-authenticate"))
    txn:set_var("txn.pawl", "no")
  end
end, 1)
