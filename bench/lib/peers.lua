-- What wrk asks: a path with the OTPs of a file, one a line, each once and in
-- their order. The nonce is the OTP's own random part. Its arguments: the file,
-- the path, and what a good answer holds.
--
-- Every answer is looked at. At the end one line of JSON tells the numbers.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  otps = {}
  for line in io.lines(arguments[1]) do
    otps[#otps + 1] = line
  end
  path, ok = arguments[2], arguments[3]
  asked, good, bad, first_bad = 0, 0, 0, ""
end

function request()
  asked = asked + 1
  local otp = otps[asked]
  if otp == nil then
    wrk.thread:stop()
    -- One that is asked after the end is asked for nothing.
    return "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
  end
  return "GET " .. path .. "?id=1&nonce=" .. otp:sub(-32) .. "&otp=" .. otp ..
    " HTTP/1.1\r\nHost: localhost\r\n\r\n"
end

function response(status, headers, body)
  if status == 200 and body:find(ok, 1, true) then
    good = good + 1
  else
    bad = bad + 1
    if first_bad == "" then
      first_bad = status .. " " .. body:gsub("[^%w=_ ]", " ")
    end
  end
end

function done(summary, latency, requests)
  local total = {asked = 0, good = 0, bad = 0}
  local told = ""
  for _, thread in ipairs(threads) do
    for name, count in pairs(total) do
      total[name] = count + thread:get(name)
    end
    told = told .. thread:get("first_bad")
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"seconds": %.6f, "asked": %d, "good": %d, "bad": %d, ' ..
    '"first_bad": "%s", "errors": %d, "p50_us": %d, "p99_us": %d}\n',
    summary.duration / 1e6, total.asked, total.good, total.bad, told,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
