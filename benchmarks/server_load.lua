-- What wrk asks for: searches for three to eight random words, never the same twice in a row. The words come from the
-- environment variable WORDS.
local words = {}
for word in string.gmatch(os.getenv("WORDS"), "%S+") do
  words[#words + 1] = word
end

local threads = {}
function setup(thread)
  table.insert(threads, thread)
end

function init()
  math.randomseed(7)
  done_well, told_to_wait, failed = 0, 0, 0
end

function request()
  local asked = {}
  for place = 1, math.random(3, 8) do
    asked[place] = words[math.random(#words)]
  end
  return wrk.format("GET", "/api/v1/search?limit=24&q=" .. table.concat(asked, "+"))
end

function response(status, headers)
  if status == 200 then
    done_well = done_well + 1
  elseif status == 503 and headers["retry-after"] then
    told_to_wait = told_to_wait + 1
  else
    failed = failed + 1
  end
end

function done(summary, latency)
  local well, wait, wrong = 0, 0, 0
  for _, thread in ipairs(threads) do
    well = well + thread:get("done_well")
    wait = wait + thread:get("told_to_wait")
    wrong = wrong + thread:get("failed")
  end
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    'RESULT {"seconds": %f, "p50": %f, "p95": %f, "most": %f, "answers": %d, "busy": %d, "errors": %d}\n',
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency.max / 1e3,
    well, wait, wrong + broken
  ))
end
