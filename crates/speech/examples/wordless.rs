//! Makes what a caller may let hear without words, for tests of barge-in: hums with a closed mouth, a cough, a laugh, a thud.
//!
//! ```text
//! wordless FOLDER          writes mm_hm.wav, mm_hm_low.wav, cough.wav, laugh.wav and thud.wav there
//! ```
//!
//! Voices that were trained on read sentences cannot hum: Kokoro spells "Mhm", or opens its mouth. So this is made as a
//! throat makes it: pulses (Rosenberg 1971) or noise, through the resonances of a throat or, where the mouth is closed,
//! of a nose (a strong one near 270 Hz and little above; Fant 1960). 16 kHz, the same on every machine.

use std::error::Error;
use std::f32::consts::{PI, TAU};
use std::path::Path;

const HZ: f32 = 16_000.0;
/// Root mean square of what is not silence: as loud as the other recordings.
const LEVEL_DBFS: f32 = -20.0;

/// Centre and width in Hz, and share.
type Resonance = (f32, f32, f32);
const NOSE: &[Resonance] = &[(270.0, 80.0, 1.0), (1000.0, 150.0, 0.1), (2200.0, 250.0, 0.03)];
const THROAT: &[Resonance] = &[(600.0, 250.0, 1.0), (1600.0, 400.0, 0.8), (2800.0, 600.0, 0.5)];
const BREATH: &[Resonance] = &[(1200.0, 900.0, 1.0)];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("wordless FOLDER")?;
    let mut noise = Noise(1);
    for (name, sound) in [
        ("mm_hm", hum(200.0, &mut noise)),
        ("mm_hm_low", hum(115.0, &mut noise)),
        ("cough", cough(&mut noise)),
        ("laugh", laugh(&mut noise)),
        ("thud", thud(&mut noise)),
    ] {
        audio::wav::write(Path::new(&folder).join(format!("{name}.wav")), 16_000, 1, &levelled(sound))?;
    }
    Ok(())
}

/// "Mm-hm": a falling hum, a breath through the nose, a louder hum that rises.
fn hum(pitch_hz: f32, noise: &mut Noise) -> Vec<f32> {
    let falling = resonant(&pulses(0.20, |at| pitch_hz * (1.02 - 0.10 * at), noise), NOSE);
    let rising = resonant(&pulses(0.30, |at| pitch_hz * (1.12 + 0.30 * (0.7 * PI * at).sin()), noise), NOSE);
    let breath = resonant(&noise.hiss(0.07), BREATH);
    let hums = [peaking(swelling(falling, 0.05), 0.7), peaking(breath, 0.05), peaking(swelling(rising, 0.12), 1.0)];
    [silence(0.05), hums.concat(), silence(0.1)].concat()
}

/// Twice: the glottis bursts open, air rushes, and the voice sounds for a moment.
fn cough(noise: &mut Noise) -> Vec<f32> {
    let mut sound = silence(0.05);
    for strength in [1.0, 0.7] {
        let air = [dying(noise.hiss(0.05), 0.012), peaking(dying(noise.hiss(0.16), 0.07), 0.6)].concat();
        let voice = swelling(resonant(&pulses(0.09, |at| 150.0 - 60.0 * at, noise), THROAT), 0.06);
        sound.extend(peaking(resonant(&air, THROAT), strength));
        sound.extend(peaking(voice, 0.25 * strength));
        sound.extend(silence(0.14));
    }
    sound
}

/// Five times air and voice by turns, ever lower and softer.
fn laugh(noise: &mut Noise) -> Vec<f32> {
    let mut sound = silence(0.05);
    for (strength, pitch_hz) in [(0.8, 330.0), (1.0, 310.0), (0.8, 280.0), (0.6, 250.0), (0.4, 225.0)] {
        let voice = resonant(&pulses(0.09, |at| pitch_hz * (1.05 - 0.15 * at), noise), THROAT);
        sound.extend(peaking(swelling(resonant(&noise.hiss(0.11), THROAT), 0.05), 0.3 * strength));
        sound.extend(peaking(swelling(voice, 0.04), strength));
    }
    sound
}

/// Something falls down.
fn thud(noise: &mut Noise) -> Vec<f32> {
    [silence(0.05), dying(noise.hiss(0.7), 0.25), silence(0.1)].concat()
}

/// The voice before any mouth has shaped it: air while the glottis opens (0.4 of a period) and closes (0.16), none while
/// it is closed; and a little noise. `pitch_hz` is told how far the sound is, 0 to 1.
fn pulses(seconds: f32, pitch_hz: impl Fn(f32) -> f32, noise: &mut Noise) -> Vec<f32> {
    let count = (seconds * HZ) as usize;
    let mut phase = 0.0;
    let pulse = |index: usize| {
        phase = (phase + pitch_hz(index as f32 / count as f32) / HZ).fract();
        let flow = match phase {
            opening if opening < 0.4 => 0.5 * (PI * opening / 0.4).sin(),
            closing if closing < 0.56 => -1.4 * (PI * (closing - 0.4) / 0.32).sin(),
            _ => 0.0,
        };
        flow + 0.01 * noise.next()
    };
    (0..count).map(pulse).collect()
}

/// The sum of two-pole resonators.
fn resonant(source: &[f32], resonances: &[Resonance]) -> Vec<f32> {
    let mut sum = vec![0.0; source.len()];
    for (centre, width, share) in resonances {
        let radius = (-PI * width / HZ).exp();
        let (near, far) = (2.0 * radius * (TAU * centre / HZ).cos(), -radius * radius);
        let (mut last, mut before) = (0.0, 0.0);
        for (sample, out) in source.iter().zip(&mut sum) {
            let now = (1.0 - near - far) * sample + near * last + far * before;
            *out += share * now;
            (before, last) = (last, now);
        }
    }
    sum
}

/// Rises within 30 ms and falls over the last `fall_s`.
fn swelling(mut sound: Vec<f32>, fall_s: f32) -> Vec<f32> {
    let count = sound.len();
    for (index, sample) in sound.iter_mut().enumerate() {
        let (from_start, to_end) = (index as f32 / (0.03 * HZ), (count - index) as f32 / (fall_s * HZ));
        *sample *= from_start.min(to_end).min(1.0);
    }
    sound
}

/// Dies away to a third in `third_s`.
fn dying(mut sound: Vec<f32>, third_s: f32) -> Vec<f32> {
    for (index, sample) in sound.iter_mut().enumerate() {
        *sample *= (-(index as f32) / (third_s * HZ)).exp();
    }
    sound
}

fn peaking(sound: Vec<f32>, peak: f32) -> Vec<f32> {
    let highest = sound.iter().fold(f32::MIN_POSITIVE, |highest, sample| highest.max(sample.abs()));
    sound.into_iter().map(|sample| sample * peak / highest).collect()
}

fn levelled(sound: Vec<f32>) -> Vec<f32> {
    let heard: Vec<f32> = sound.iter().copied().filter(|sample| sample.abs() > 1e-4).collect();
    let gain = 10.0_f32.powf((LEVEL_DBFS - audio::level::rms_dbfs(&heard)) / 20.0);
    sound.into_iter().map(|sample| sample * gain).collect()
}

fn silence(seconds: f32) -> Vec<f32> {
    vec![0.0; (seconds * HZ) as usize]
}

/// Xorshift (Marsaglia 2003): enough for a hiss.
struct Noise(u32);

impl Noise {
    fn hiss(&mut self, seconds: f32) -> Vec<f32> {
        (0..(seconds * HZ) as usize).map(|_| self.next()).collect()
    }

    /// Nearly normal: the sum of three.
    fn next(&mut self) -> f32 {
        let mut uniform = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 17;
            self.0 ^= self.0 << 5;
            self.0 as f32 / 2.0_f32.powi(31) - 1.0
        };
        uniform() + uniform() + uniform()
    }
}
