
"use strict";
(() => {
  // What is asked for, and how it is shown. Texts become text nodes, never markup: names and claims hold any characters.
  // The chart begins with one minute and grows to three.
  const EVERY = 2000, PATIENCE = 6000, KEPT = 90, LEAST = 30;
  const at = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  let last = null, paused = false, timer = null, failures = 0, history = [];

  const make = (name, text, kind) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };
  const drawn = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const put = (id, text) => { const it = at(id); if (it.textContent !== text) it.textContent = text; };

  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const number = (value) => value === null ? "–" : value >= 10000 ? short.format(value)
    : value > 0 && value < 10 ? value.toFixed(1) : whole.format(value);
  const count = (value) => value >= 100000 ? short.format(value) : whole.format(value);
  const brief = (value) => value >= 10000 ? short.format(value) : whole.format(value);
  const bytes = (value) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
    return [unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1), units[unit]];
  };
  const size = (value) => bytes(value).join(" ");
  const span = (seconds) => {
    const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
    const first = parts.findIndex(([of]) => seconds >= of);
    if (first < 0) return "0 s";
    const of = (place, left) => `${Math.floor(left / parts[place][0])} ${parts[place][1]}`;
    const rest = seconds % parts[first][0];
    return of(first, seconds) + (first < 3 && rest >= parts[first + 1][0] ? ` ${of(first + 1, rest)}` : "");
  };
  const many = (value, what) => `${count(value)} ${what}${value === 1 ? "" : "s"}`;
  const percent = (ratio) => ratio === null ? "–" : (100 * ratio).toFixed(ratio >= 0.9995 || ratio === 0 ? 0 : 1);
  const part = (some, rest) => some + rest > 0 ? some / (some + rest) : null;

  const between = (earlier, later) => {
    const seconds = (later.uptime_ms - earlier.uptime_ms) / 1000;
    const rate = (of) => Math.max(0, of(later) - of(earlier)) / seconds;
    const hits = rate((s) => s.requests.get_hits), misses = rate((s) => s.requests.get_misses);
    return {
      at: later.uptime_ms, hits, misses, gets: hits + misses, ratio: part(hits, misses),
      sets: rate((s) => s.requests.sets),
      others: rate((s) => s.requests.deletes + s.requests.touches + s.requests.arithmetic),
      evictions: rate((s) => s.memory.evictions), expirations: rate((s) => s.memory.expirations),
      bytesIn: rate((s) => s.requests.bytes_in), bytesOut: rate((s) => s.requests.bytes_out),
    };
  };

  const stepOf = (values, width) => width / (Math.max(LEAST, values.length) - 1);
  // Lines over time: gaps where there is no value.
  const trace = (values, top, width, height) => {
    const step = stepOf(values, width), start = width - step * (values.length - 1);
    let path = "", open = false;
    values.forEach((value, place) => {
      if (value === null) { open = false; return; }
      const y = height - height * Math.min(1, top > 0 ? value / top : 0);
      path += `${open ? "L" : "M"}${(start + place * step).toFixed(1)} ${y.toFixed(1)}`;
      open = true;
    });
    return path;
  };
  const spark = (id, values, top) => {
    const svg = drawn("svg", { viewBox: "0 0 100 28", preserveAspectRatio: "none", "aria-hidden": "true" });
    svg.append(drawn("path", { d: trace(values, top ?? Math.max(1e-9, ...values.map((v) => v ?? 0)) * 1.08, 100, 28) }));
    at(id).replaceChildren(svg);
  };
  const round = (top) => {
    if (!(top > 0)) return 1;
    const unit = 10 ** Math.floor(Math.log10(top));
    return [1, 2, 2.5, 5, 10].map((of) => of * unit).find((of) => of >= top);
  };
  const chart = () => {
    const of = (name) => history.map((rates) => rates[name]);
    const top = round(Math.max(...of("gets"), ...of("sets")));
    const parts = [0, 0.25, 0.5, 0.75, 1].map((y) =>
      drawn("line", { class: "grid", x1: 0, x2: 600, y1: 159 * y + 0.5, y2: 159 * y + 0.5 }));
    const area = (values, kind) => {
      const path = trace(values, top, 600, 160);
      if (values.length < 2) return;
      const start = 600 - stepOf(values, 600) * (values.length - 1);
      parts.push(drawn("path", { class: `area ${kind}`, d: `${path}L600 160L${start.toFixed(1)} 160Z` }));
    };
    area(of("gets"), "");
    area(of("misses"), "missed");
    parts.push(drawn("path", { class: "trace", d: trace(of("gets"), top, 600, 160) }));
    parts.push(drawn("path", { class: "trace missed", d: trace(of("misses"), top, 600, 160) }));
    parts.push(drawn("path", { class: "trace stored", d: trace(of("sets"), top, 600, 160) }));
    at("chart").replaceChildren(...parts);
    const now = history.at(-1);
    at("chart").setAttribute("aria-label", `Requests a second: now ${number(now.gets)} gets, ${number(now.misses)} of them misses, and ` +
      `${number(now.sets)} sets; the top of the chart is ${number(top)}`);
    put("chart-top", `top: ${number(top)}/s`);
    put("chart-from", `${span((Math.max(LEAST, history.length) * EVERY) / 1000)} ago`);
  };

  const bar = (id, some, of) => { at(id).firstElementChild.style.width = `${of > 0 ? Math.min(100, 100 * some / of) : 0}%`; };
  const cell = (text, label, kind) => { const it = make("td", text, kind); if (label) it.dataset.label = label; return it; };
  const rows = (id, list, each) => at(id).replaceChildren(...list.map((it) => {
    const row = make("tr");
    row.append(...each(it));
    return row;
  }));

  const namespaces = (status, before) => rows("namespace-rows", status.namespaces, (of) => {
    const most = of.ceiling ?? status.memory.budget;
    const held = cell(size(of.bytes), "", "two");
    held.append(make("span", (of.ceiling === undefined ? "" : ` of ${size(most)}`) + (of.reserve > 0 ? `, ${size(of.reserve)} reserved` : ""), "of"));
    const track = make("div", undefined, "bar"), filled = make("i");
    filled.style.width = `${Math.min(100, 100 * of.bytes / most)}%`;
    track.append(filled);
    if (of.reserve > 0 && of.reserve < most) {
      const mark = make("u");
      mark.style.left = `${100 * of.reserve / most}%`;
      track.title = `${size(of.reserve)} reserved`;
      track.append(mark);
    }
    held.append(track);
    const earlier = before?.namespaces.find((it) => it.name === of.name);
    const seconds = before ? (status.uptime_ms - before.uptime_ms) / 1000 : 0;
    const going = earlier ? `${number(Math.max(0, of.evictions - earlier.evictions) / seconds)}/s` : count(of.evictions);
    const items = cell(count(of.items), "Items", "number");
    if (of.ceiling_items !== undefined) items.append(make("span", ` of ${count(of.ceiling_items)}`, "of"));
    if (of.reserve_items > 0) items.title = `${count(of.reserve_items)} reserved`;
    return [cell(of.name || "main", "", of.name ? "" : "main-space"), held, items,
      cell(part(of.hits, of.misses) === null ? "–" : `${percent(part(of.hits, of.misses))} %`, "Hits", "number"),
      cell(going, "Evictions", "number")];
  });

  const people = (users) => {
    put("users-count", `${many(users.sessions, "session")}, ${count(users.active_count)} of ${many(users.known, "user")} in`);
    rows("user-rows", users.active, (of) => [cell(of.user, "", "wide"), cell(count(of.sessions), "Sessions", "number"),
      cell(count(of.requests), "Requests", "number"), cell(size(of.bytes_in), "In", "number"),
      cell(size(of.bytes_out), "Out", "number")]);
    at("users-empty").hidden = users.active.length > 0;
  };

  const limited = (status) => {
    const of = (kind, name, it) => ({ kind, name, connections: it.connections ?? 0, limits: it.limits ?? {}, refused: it.refused ?? {} });
    const all = [...status.namespaces.map((it) => of("namespace", it.name || "main", it)),
      ...status.users.active.map((it) => of("user", it.user, it))];
    const list = all.filter((it) => Object.keys(it.limits).length + Object.keys(it.refused).length > 0);
    const most = (label, text, times) => {
      const it = cell(text ?? "–", label, "number");
      if (times > 0) it.append(make("span", `, ${count(times)} refused`, "of"));
      return it;
    };
    const bounded = (value, how) => value === undefined ? undefined : how(value);
    rows("limit-rows", list, ({ kind, name, connections, limits, refused }) => {
      const who = cell("", "", "wide");
      who.append(make("span", kind, "badge"), make("span", ` ${name}`));
      return [who, most("Connections", bounded(limits.connections, (top) => `${count(connections)} of ${count(top)}`), refused.connections),
        most("Verbs a second", bounded(limits.operations_per_second, count), refused.operations),
        most("Bytes a second", bounded(limits.bytes_per_second, size), (refused.bytes_in ?? 0) + (refused.bytes_out ?? 0)),
        most("Value", bounded(limits.value, size), 0)];
    });
    at("limits-panel").hidden = list.length === 0;
  };

  const KINDS = { login_failed: ["login", "login"], login_put_off: ["put off", "later"], refusal: ["verb", ""] };
  const refused = (refusals) => {
    put("refusals-count", `${many(refusals.logins, "login")}, ${many(refusals.verbs, "verb")}, ${count(refusals.put_off)} put off`);
    rows("refusal-rows", refusals.recent, (of) => {
      const when = cell("", "");
      const time = make("time", new Date(of.at).toLocaleTimeString("en-GB"));
      time.dateTime = of.at;
      time.title = of.at;
      when.append(time);
      const [word, kind] = KINDS[of.kind] ?? [of.kind, ""], what = cell("", "", "two");
      what.append(make("span", word, `badge ${kind}`), make("span", of.verb ? ` ${of.verb}` : "", "of"));
      return [when, what, cell(of.user ?? "–", "Who", "wide"), cell(of.reason, "Why", ""), cell(of.from, "From", "two"),
        cell(of.id ?? "–", "Id", "id wide")];
    });
    at("refusals-empty").hidden = refusals.recent.length > 0;
    at("refusals-hint").hidden = !refusals.recent.some((of) => of.id);
  };

  const show = (status) => {
    const before = last && status.uptime_ms > last.uptime_ms ? last : null;
    if (last && status.uptime_ms < last.uptime_ms) history = [];
    if (last && status.uptime_ms === last.uptime_ms) return;
    last = status;
    put("version", status.version);
    put("uptime", `up ${span(status.uptime_ms / 1000)}, ${status.event_loops} event loop${status.event_loops === 1 ? "" : "s"}`);
    if (before) {
      const rates = between(before, status);
      history = [...history, rates].slice(-KEPT);
      put("gets", number(rates.gets));
      put("misses", `${number(rates.misses)} misses/s`);
      put("ratio", percent(rates.ratio));
      put("sets", number(rates.sets));
      put("others", `${number(rates.others)} others/s`);
      put("evictions", number(rates.evictions));
      put("expiries", `${number(rates.expirations)} expiries/s`);
      put("bytes", `${size(rates.bytesIn)}/s in, ${size(rates.bytesOut)}/s out`);
      spark("spark-gets", history.map((of) => of.gets));
      spark("spark-ratio", history.map((of) => of.ratio), 1.04);
      spark("spark-sets", history.map((of) => of.sets));
      spark("spark-evictions", history.map((of) => of.evictions));
      chart();
    }
    put("ratio-ever", `${percent(part(status.requests.get_hits, status.requests.get_misses))} % since start`);
    const [held, unit] = bytes(status.memory.bytes);
    put("memory", held);
    put("memory-unit", unit);
    put("items", `of ${size(status.memory.budget)}, ${brief(status.memory.items)} items`);
    bar("memory-bar", status.memory.bytes, status.memory.budget);
    put("connections", count(status.connections.open));
    put("connections-limit", `of ${count(status.connections.limit)}, ${count(status.connections.total)} ever`);
    bar("connections-bar", status.connections.open, status.connections.limit);
    namespaces(status, before);
    people(status.users);
    limited(status);
    refused(status.refusals);
  };

  const state = (kind, text) => { at("light").className = `light ${kind}`; put("state", text); };
  const notice = (text) => { at("notice").hidden = !text; put("notice", text); };

  const ask = async () => {
    timer = null;
    const end = new AbortController(), alarm = setTimeout(() => end.abort(), PATIENCE);
    try {
      const answer = await fetch("status.json", { cache: "no-store", credentials: "same-origin", signal: end.signal });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      show(await answer.json());
      failures = 0;
      state("", "live");
      notice("");
    } catch (error) {
      failures += 1;
      state("lost", "not reachable");
      notice(failures > 1 ? `No news for ${failures} tries (${error.message}); what stands here is old.` : "");
    } finally {
      clearTimeout(alarm);
      next();
    }
  };
  const next = () => {
    if (timer === null && !paused && !document.hidden) timer = setTimeout(ask, history.length === 0 && last ? 1000 : EVERY);
  };
  const hold = () => { clearTimeout(timer); timer = null; };

  at("pause").addEventListener("click", () => {
    paused = !paused;
    at("pause").setAttribute("aria-pressed", String(paused));
    put("pause", paused ? "Go on" : "Pause");
    if (paused) { hold(); state("waiting", "paused"); } else { ask(); }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hold(); else if (!paused && timer === null) ask();
  });
  ask();
})();
