-- Dovecot asks Pawl: /etc/dovecot/pawl-auth.lua, used by dovecot.conf. For
-- Dovecot 2.3 (Debian 12: dovecot-core, dovecot-auth-lua).
--
-- Change: the address of pawld (its setting http.listen), and which of Pawl's
-- services a protocol of Dovecot is. These must be sync services: mail programs
-- log in again and again, so only device passwords, sessions and account
-- passwords that Pawl keeps work, never a one-time code.
local url = "http://127.0.0.1:7296/auth/basic"
local services = {
  imap = "imap", pop3 = "pop3", sieve = "sieve", smtp = "smtp", submission = "smtp",
}

-- true: a passdb behind this one checks the account passwords that Pawl does not
-- keep; only whom Pawl hands back (DELEGATED) gets there. Without such a passdb
-- false, or they are told of an outage.
local passdb_behind = false

-- The key of a client for these services and nothing else, in a file of its own
-- (owner dovecot, mode 0600):
--
--     pawl client create mailserver --role login --key-out mailserver.key \
--       --service imap --service pop3 --service sieve --service smtp
local key_file = "/etc/dovecot/pawl.key"

local auth = dovecot.auth
local key
local client

function script_init()
  local file, problem = io.open(key_file)
  key = file and file:read("l")
  if file then file:close() end
  if not key or key == "" then
    dovecot.i_error("pawl: no key in " .. key_file .. ": " .. (problem or "it is empty"))
    return 1
  end
  client = dovecot.http.client({
    -- Nothing is sent twice, and a redirect is no answer.
    max_attempts = 1,
    max_redirects = 0,
    connect_timeout_msecs = 2000,
    request_timeout_msecs = 5000,
  })
  return 0
end

function script_deinit()
end

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- Dovecot 2.3 has no base64 of its own.
local function base64(text)
  local out = {}
  for at = 1, #text, 3 do
    local a, b, c = text:byte(at, at + 2)
    local bits = (a << 16) | ((b or 0) << 8) | (c or 0)
    for place = 3, 0, -1 do
      local digit = (bits >> (6 * place)) & 63
      out[#out + 1] = alphabet:sub(digit + 1, digit + 1)
    end
    if not c then out[#out] = "=" end
    if not b then out[#out - 1] = "=" end
  end
  return table.concat(out)
end

-- Called with the password that the person sent. Nothing in here logs it.
function auth_password_verify(request, password)
  local service = services[request.service]
  if not service then
    local name = tostring(request.service)
    return auth.PASSDB_RESULT_INTERNAL_FAILURE, "pawl: no service for " .. name
  end
  -- A colon ends the user name of HTTP Basic: it would be read as another name.
  if request.user:find("[:%c]") or password:find("%c") then
    return auth.PASSDB_RESULT_PASSWORD_MISMATCH, "no such user"
  end

  local question = client:request({
    url = url .. "?service=" .. service,
    method = "GET",
  })
  question:add_header("X-Pawl-Key", key)
  question:add_header("Authorization", "Basic " .. base64(request.user .. ":" .. password))
  -- Failures count where they come from.
  if request.remote_ip and request.remote_ip ~= "" then
    question:add_header("X-Real-IP", request.remote_ip)
  end
  local answer = question:submit()

  if answer:status() == 200 then
    -- The mailbox is that of the account, also when the person typed the user
    -- name of the device.
    local account = answer:header("X-Pawl-Account")
    if not account or account == "" or account:find("%s") then
      return auth.PASSDB_RESULT_INTERNAL_FAILURE, "pawl: an answer without account"
    end
    return auth.PASSDB_RESULT_OK, { user = account, nopassword = "y" }
  end
  if answer:status() == 401 then
    if passdb_behind and answer:header("X-Pawl-Verdict") == "DELEGATED" then
      return auth.PASSDB_RESULT_NEXT, "the password is not Pawl's"
    end
    return auth.PASSDB_RESULT_PASSWORD_MISMATCH, "refused"
  end
  -- Throttled, undecided, unreachable, a wrong key: nobody's password is wrong.
  local status = tostring(answer:status())
  return auth.PASSDB_RESULT_INTERNAL_FAILURE, "pawl: status " .. status
end

-- Without a password (master users, deliveries) there is nothing to ask.
function auth_passdb_lookup()
  return auth.PASSDB_RESULT_USER_UNKNOWN, "only with a password"
end
