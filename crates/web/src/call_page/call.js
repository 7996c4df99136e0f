// The page: one button, what is said, what was understood. Everything that comes from a call is shown as text, never as
// markup.

import { CallError, placeCall } from "/call/line.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const LEVEL_FLOOR_DBFS = -60;
const VOICE_TO_VOICE = "voice to voice";

const SLOT_NAMES = {
  name: "Name",
  date_of_birth: "Date of birth",
  callback: "Number to call back",
  reason: "Reason",
  when: "When",
  provider: "Clinician",
  drug: "Medicine",
  pharmacy: "Pharmacy",
};

const at = (id) => document.getElementById(id);
const words = (label) => label.replaceAll("_", " ");

/** "idle" | "calling" | "talking"; the line exists while talking. */
let state = "idle";
let line = null;
let clock = 0;
let stages = new Map();

function show(next, status) {
  state = next;
  const label = { idle: "Call", calling: "Calling …", talking: "Hang up" }[next];
  at("call").dataset.state = next;
  at("call").disabled = next === "calling";
  at("call-label").textContent = label;
  at("status").textContent = status;
  for (const key of at("keypad").children) {
    key.disabled = next !== "talking";
  }
}

function showError(message) {
  at("error").textContent = message ?? "";
  at("error").hidden = message === null;
}

async function call() {
  clear();
  showError(null);
  show("calling", "Opening the microphone …");
  try {
    line = await placeCall({ news: showNews, level: showLevel, ended });
    if (state === "calling") {
      show("talking", "Connected");
      startClock();
    }
  } catch (error) {
    ended(error instanceof CallError ? error : new CallError(`The call could not be placed: ${error.message}`));
  }
}

function ended(error) {
  if (state === "idle") {
    return;
  }
  clearInterval(clock);
  line = null;
  show("idle", state === "calling" ? "Ready" : "The call is over");
  showError(error?.message ?? null);
  at("partial").hidden = true;
  showLevel("you", LEVEL_FLOOR_DBFS);
  showLevel("firstring", LEVEL_FLOOR_DBFS);
}

function startClock() {
  const start = performance.now();
  const tick = () => {
    const seconds = Math.floor((performance.now() - start) / 1000);
    at("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  at("clock").hidden = false;
  tick();
  clock = setInterval(tick, 1000);
}

function clear() {
  stages = new Map();
  for (const id of ["transcript", "red-flags", "slots", "stages"]) {
    at(id).replaceChildren();
  }
  for (const id of ["urgency", "intent", "partial", "clock"]) {
    at(id).hidden = true;
  }
  at("empty").hidden = false;
  at("nothing").hidden = false;
}

function showLevel(side, dbfs) {
  const share = Math.max(0, Math.min(1, 1 - dbfs / LEVEL_FLOOR_DBFS));
  at(`level-${side}`).style.transform = `scaleX(${share.toFixed(3)})`;
}

function showNews(news) {
  switch (news.news) {
    case "answered":
      at("status").textContent = "Connected";
      break;
    case "hearing":
      showPartial(news.text);
      break;
    case "heard":
      at("partial").hidden = true;
      say("you", "You", news.text);
      break;
    case "saying":
      say("firstring", "FirstRing", news.text);
      if (news.voice_to_voice_ms !== null) {
        showStage(VOICE_TO_VOICE, news.voice_to_voice_ms);
      }
      break;
    case "understood":
      showUnderstood(news);
      break;
    case "stage":
      showStage(words(news.stage), news.ms);
      break;
    case "ended":
      at("status").textContent = "The call is over";
      break;
    default:
      console.warn("unknown news", news.news);
  }
}

function showPartial(text) {
  at("empty").hidden = true;
  at("partial").textContent = text;
  at("partial").hidden = text === "";
  at("partial").scrollIntoView({ block: "nearest" });
}

function say(side, who, text) {
  const item = element("li", text);
  item.className = `line ${side}`;
  item.prepend(Object.assign(element("span", `${who}: `), { className: "who" }));
  at("empty").hidden = true;
  at("transcript").append(item);
  at("transcript").scrollTop = at("transcript").scrollHeight;
}

function showUnderstood({ reading, intent, urgency }) {
  at("nothing").hidden = true;
  badge("urgency", words(urgency));
  at("urgency").dataset.urgency = urgency;
  badge("intent", words(intent));
  for (const { id } of reading.red_flags) {
    const shown = [...at("red-flags").children].map((item) => item.textContent);
    if (!shown.includes(words(id))) {
      at("red-flags").append(element("li", words(id)));
    }
  }
  for (const [slot, name] of Object.entries(SLOT_NAMES)) {
    const value = slotText(reading.slots[slot]);
    if (value !== "") {
      showSlot(slot, name, value);
    }
  }
}

function badge(id, text) {
  at(id).textContent = text;
  at(id).hidden = false;
}

function slotText(slot) {
  if (slot === null || slot === undefined) {
    return "";
  }
  if (Array.isArray(slot)) {
    const format = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
    return slot.map(([from, to]) => format.formatRange(new Date(from), new Date(to))).join("; ");
  }
  return String(slot.value);
}

/** A slot that is said again replaces what was said before. */
function showSlot(slot, name, value) {
  const id = `slot-${slot}`;
  if (at(id) === null) {
    at("slots").append(element("dt", name), Object.assign(element("dd", ""), { id }));
  }
  at(id).textContent = value;
}

function showStage(stage, ms) {
  const all = [...(stages.get(stage) ?? []), ms];
  stages.set(stage, all);
  const rows = [...stages].map(([name, times]) => {
    const row = document.createElement("tr");
    const head = Object.assign(element("th", name), { scope: "row" });
    const sorted = [...times].sort((a, b) => a - b);
    row.append(head, element("td", times.at(-1)), element("td", sorted[Math.floor(sorted.length / 2)]));
    return row;
  });
  at("stages").replaceChildren(...rows);
}

function element(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: String(text) });
}

function press(key) {
  if (state === "talking") {
    line.press(key);
  }
}

at("keypad").append(...KEYS.map((key) => {
  const button = Object.assign(element("button", key), { type: "button", disabled: true });
  button.addEventListener("click", () => press(key));
  return button;
}));
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
  if (KEYS.includes(key) && !ctrlKey && !metaKey && !altKey) {
    press(key);
  }
});
at("call").addEventListener("click", () => (state === "talking" ? line.hangUp() : call()));
addEventListener("pagehide", () => line?.hangUp());
