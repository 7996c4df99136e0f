// A call as sound and messages: microphone -> WebSocket -> loudspeaker. What is shown is not known here.

const WORKLET = "/call/worklet.js";
const HELLO = { hello: { hz: 16_000 } };
// So much sound may wait for the network: 2 s. More is left out; the practice then hears a gap and asks again.
const UNSENT_BYTES_MAX = 2 * 16_000 * 2;
// After a goodbye the loudspeaker still plays what it has.
const PLAY_OUT_MS = 400;

/** What a caller can read and do something about. */
export class CallError extends Error {}

const MICROPHONE_ERRORS = {
  NotAllowedError: "The microphone was refused. Allow it for this page (in the address bar), then call again.",
  NotFoundError: "No microphone was found. Connect one, then call again.",
  NotReadableError: "The microphone cannot be used; another program may have it. Close that program, then call again.",
};

const CLOSE_ERRORS = {
  1003: "The call was ended because this page sent something that was not understood. Reload the page, then call again.",
  1008: "The call was ended because the sound did not arrive as it should. Check your microphone, then call again.",
};
const LOST = "The connection was lost. Check your network, then call again.";
const NO_ANSWER = "There is no answer. All lines may be busy: try again in a minute.";

/**
 * Places a call. `on` has: `news(object)`, `level("you" | "firstring", dBFS)`, `ended(CallError | null)`.
 * Gives {press(key), hangUp()} once the call is picked up; throws a CallError if it never is.
 */
export async function placeCall(on) {
  const microphone = await openMicrophone();
  let sound;
  try {
    sound = await openSound(microphone, on.level);
    const socket = await connect();
    return carry(socket, sound, microphone, on);
  } catch (error) {
    await close(sound, microphone);
    throw error;
  }
}

async function openMicrophone() {
  if (navigator.mediaDevices === undefined) {
    throw new CallError("This browser gives the microphone only to pages that come by https, or from this same computer.");
  }
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new CallError(MICROPHONE_ERRORS[error.name] ?? `The microphone could not be opened (${error.name}).`);
  }
}

async function openSound(microphone, level) {
  // The device's own rate: not every browser can open a microphone at another. The worklets resample.
  const context = new AudioContext({ latencyHint: "interactive" });
  await context.audioWorklet.addModule(WORKLET);
  await context.resume();
  const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
  const playback = new AudioWorkletNode(context, "playback", { numberOfInputs: 0, outputChannelCount: [1] });
  context.createMediaStreamSource(microphone).connect(capture);
  playback.connect(context.destination);
  playback.port.onmessage = ({ data }) => level("firstring", data.level);
  return { context, capture, playback };
}

function connect() {
  const url = new URL(`/call/ws${location.search}`, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onclose = () => reject(new CallError(NO_ANSWER));
  });
}

function carry(socket, sound, microphone, on) {
  let hungUp = false;
  socket.send(JSON.stringify(HELLO));
  sound.capture.port.onmessage = ({ data }) => {
    if (data.level !== undefined) {
      on.level("you", data.level);
    } else if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < UNSENT_BYTES_MAX) {
      socket.send(data.pcm);
    }
  };
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") {
      on.news(JSON.parse(data));
    } else {
      sound.playback.port.postMessage(data, [data]);
    }
  };
  const end = async (error) => {
    socket.onclose = null;
    on.ended(error);
    if (error === null && !hungUp) {
      await new Promise((done) => setTimeout(done, PLAY_OUT_MS));
    }
    await close(sound, microphone);
  };
  socket.onclose = ({ code }) => end(code === 1000 || hungUp ? null : new CallError(CLOSE_ERRORS[code] ?? LOST));
  microphone.getAudioTracks()[0].onended = () => {
    socket.close();
    end(new CallError("The microphone was disconnected. Connect it again, then call again."));
  };
  return {
    press: (key) => socket.send(JSON.stringify({ dtmf: key })),
    hangUp: () => {
      hungUp = true;
      socket.send(JSON.stringify({ hang_up: true }));
      socket.close(1000);
      end(null);
    },
  };
}

async function close(sound, microphone) {
  for (const track of microphone.getTracks()) {
    track.onended = null;
    track.stop();
  }
  if (sound !== undefined && sound.context.state !== "closed") {
    await sound.context.close();
  }
}
