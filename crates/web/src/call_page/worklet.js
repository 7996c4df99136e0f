// Sound between the browser's own rate and the call's: 16 kHz, mono, signed 16-bit.
//
// `capture` takes the microphone and posts {pcm: ArrayBuffer of 20 ms, level}. `playback` is posted ArrayBuffers of such
// samples, plays them behind a jitter buffer, and posts {level}. Levels are RMS in dBFS.

const CALL_HZ = 16_000;
const FRAME = CALL_HZ / 50;
const LEVEL_EVERY_S = 0.05;

// Playback begins, and begins again after it ran dry, when so much is there.
const START_S = 0.08;
// Above this, silence is left out until the delay is small again: what the network held up is not heard late for ever.
const LATE_S = 0.16;
// More than this is never kept; the oldest goes. A browser that was asleep does not play it all at once.
const KEPT_S = 10;

const gcd = (a, b) => (b === 0 ? a : gcd(b, a % b));

/** A windowed-sinc resampler for a stream; exact for any two whole rates. Its delay is 16 samples of the lower rate. */
class Resampler {
  constructor(from, to) {
    const common = gcd(from, to);
    this.up = to / common;
    this.down = from / common;
    // Frequencies that the lower rate cannot carry are removed, from a little below its limit.
    const cutoff = Math.min(1, to / from) * 0.92;
    this.half = Math.ceil(16 / Math.min(1, to / from));
    this.kernels = Array.from({ length: this.up }, (_, phase) => this.kernel(phase / this.up, cutoff));
    this.input = new Float32Array(2 * this.half - 1);
    // Output m stands at input m * down / up.
    this.phase = 0;
  }

  kernel(fraction, cutoff) {
    const taps = new Float32Array(2 * this.half);
    let sum = 0;
    for (let i = 0; i < taps.length; i++) {
      const t = i - this.half + 1 - fraction;
      const x = Math.PI * t * cutoff;
      const sinc = x === 0 ? 1 : Math.sin(x) / x;
      const u = Math.PI * t / this.half;
      const blackman = Math.abs(t) < this.half ? 0.42 + 0.5 * Math.cos(u) + 0.08 * Math.cos(2 * u) : 0;
      taps[i] = sinc * blackman;
      sum += taps[i];
    }
    return taps.map((tap) => tap / sum);
  }

  push(samples) {
    if (this.up === this.down) {
      return samples;
    }
    const input = new Float32Array(this.input.length + samples.length);
    input.set(this.input);
    input.set(samples, this.input.length);
    const out = [];
    let base = 0;
    while (base + 2 * this.half <= input.length) {
      const taps = this.kernels[this.phase];
      let sum = 0;
      for (let i = 0; i < taps.length; i++) {
        sum += input[base + i] * taps[i];
      }
      out.push(sum);
      this.phase += this.down;
      base += Math.floor(this.phase / this.up);
      this.phase %= this.up;
    }
    // A step is never longer than the kernel, so there is always something to keep.
    this.input = input.slice(base);
    return Float32Array.from(out);
  }
}

/** Posts a level every 50 ms. */
class Level {
  constructor(port) {
    this.port = port;
    this.power = 0;
    this.count = 0;
  }

  add(samples) {
    for (const sample of samples) {
      this.power += sample * sample;
    }
    this.count += samples.length;
    if (this.count >= sampleRate * LEVEL_EVERY_S) {
      this.port.postMessage({ level: Math.max(-100, 10 * Math.log10(this.power / this.count)) });
      this.power = 0;
      this.count = 0;
    }
  }
}

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, CALL_HZ);
    this.level = new Level(this.port);
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
  }

  process([channels]) {
    // Nothing is connected for a moment while the microphone opens.
    const mono = channels[0];
    if (mono === undefined) {
      return true;
    }
    this.level.add(mono);
    for (const sample of this.resampler.push(mono)) {
      this.frame[this.filled++] = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767);
      if (this.filled === FRAME) {
        this.port.postMessage({ pcm: this.frame.buffer }, [this.frame.buffer]);
        this.frame = new Int16Array(FRAME);
        this.filled = 0;
      }
    }
    return true;
  }
}

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(CALL_HZ, sampleRate);
    this.level = new Level(this.port);
    this.queue = [];
    this.queued = 0;
    this.offset = 0;
    this.playing = false;
    this.port.onmessage = ({ data }) => this.receive(new Int16Array(data));
  }

  receive(pcm) {
    if (this.queued > LATE_S * sampleRate && pcm.every((sample) => sample === 0)) {
      return;
    }
    const samples = this.resampler.push(Float32Array.from(pcm, (sample) => sample / 32_768));
    this.queue.push(samples);
    this.queued += samples.length;
    while (this.queued > KEPT_S * sampleRate) {
      this.queued -= this.queue.shift().length - this.offset;
      this.offset = 0;
    }
  }

  process(_inputs, [channels]) {
    const out = channels[0];
    this.playing ||= this.queued >= START_S * sampleRate;
    for (let i = 0; this.playing && i < out.length; i++) {
      out[i] = this.next();
      this.playing = this.queued > 0;
    }
    for (const channel of channels.slice(1)) {
      channel.set(out);
    }
    this.level.add(out);
    return true;
  }

  next() {
    const head = this.queue[0];
    const sample = head[this.offset++];
    this.queued--;
    if (this.offset === head.length) {
      this.queue.shift();
      this.offset = 0;
    }
    return sample;
  }
}

registerProcessor("capture", Capture);
registerProcessor("playback", Playback);
