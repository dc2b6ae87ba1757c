-- Apache httpd asks Pawl: /etc/apache2/pawl-auth.lua, used by apache.conf. For
-- httpd 2.4 with mod_lua (Debian 12: packages apache2, lua-socket).
--
-- Change: the address of pawld (its setting http.listen), and the service. It must
-- be one of services.sync: Apache asks again for every page and picture, so only
-- device passwords and sessions work here. A one-time code would be used up by the
-- first request and refused at the second.
local url = "http://127.0.0.1:7296/auth/basic?service=webdav"

-- The key of a client that may check this service and nothing else, in a file of
-- its own (owner www-data, mode 0600):
--
--     pawl client create webdav --role login --service webdav --key-out webdav.key
local key_file = "/etc/apache2/pawl.key"

-- This client knows no TLS: to pawld on another host it goes by a tunnel on this one.
local http = require("socket.http")
http.TIMEOUT = 5  -- seconds

local file = io.open(key_file)
local key = file and file:read("l")
if file then file:close() end

local function undecided(r, problem)
  r:err("pawl: " .. problem)
  r.err_headers_out["Retry-After"] = "5"
  return 503
end

-- Run by LuaHookCheckUserID.
function check(r)
  -- Who it is says Pawl, not the browser. Programs that make variables of headers
  -- cannot tell X_Remote_User from X-Remote-User, so no name with a _ gets through.
  for name in pairs(r:headers_in_table()) do
    if name:find("_") then r.headers_in[name] = nil end
  end

  if not key or key == "" then
    return undecided(r, "no key in " .. key_file)
  end
  local asked, status, headers = http.request({
    url = url,
    redirect = false,
    -- Nothing of the request but the password; a header that the browser made up
    -- does not get through. Failures count where they come from.
    headers = {
      ["X-Pawl-Key"] = key,
      ["Authorization"] = r.headers_in["Authorization"],
      ["X-Real-IP"] = r.useragent_ip,
    },
  })
  if asked and status == 200 and headers["x-pawl-account"] then
    -- The account's login, also when the person typed the user name of the device.
    r.user = headers["x-pawl-account"]
    r.subprocess_env["PAWL_ACCOUNT_ID"] = headers["x-pawl-account-id"]
    return apache2.OK
  end
  if asked and status == 401 then
    r.err_headers_out["WWW-Authenticate"] = headers["www-authenticate"]
    return 401
  end
  -- Neither yes nor no is an outage, not a wrong password: programs try again later
  -- and do not ask the person for another password.
  return undecided(r, tostring(status))
end
