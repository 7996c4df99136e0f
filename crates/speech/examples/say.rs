//! Renders lines to WAV files and prints what each cost, to listen and to measure by hand.
//!
//! ```text
//! say MODELS_FOLDER VOICE HZ < lines       VOICE: piper/joe, kokoro/af_bella, ..; a line: OUT.wav TAB text
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use speech::onnx::{Kokoro, KokoroFiles, OnnxRuntime, Piper};
use speech::voice::Synthesizer;
use speech::voice::spoken::spoken;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, voice, hz] = &args[..] else { return Err("say MODELS_FOLDER VOICE HZ < lines".into()) };
    let hz: u32 = hz.parse()?;
    let start = Instant::now();
    let mut voice = load(Path::new(folder), voice)?;
    println!("{} loaded in {} ms", voice.name(), start.elapsed().as_millis());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (out, text) = line.split_once('\t').ok_or("a line is OUT.wav TAB text")?;
        let (start, cpu) = (Instant::now(), cpu_ms());
        let sound = voice.synthesize(text, domain::Tempo::Usual)?;
        let (wall_ms, cpu_ms) = (start.elapsed().as_millis(), cpu_ms() - cpu);
        let seconds = sound.len() as f32 / voice.hz() as f32;
        println!(
            "{:3} words {wall_ms:5} ms wall {cpu_ms:5} ms cpu {seconds:5.2} s  {}",
            text.split_whitespace().count(),
            spoken(text)
        );
        audio::wav::write(out, hz, 1, &audio::resample(&sound, voice.hz(), hz))?;
    }
    Ok(())
}

fn load(folder: &Path, voice: &str) -> Result<Box<dyn Synthesizer>, Box<dyn Error>> {
    let runtime = OnnxRuntime::load(&folder.join("libonnxruntime.so"))?;
    match voice.split_once('/') {
        Some(("piper", name)) => Ok(Box::new(Piper::load(runtime, &folder.join(format!("piper-{name}.onnx")), name)?)),
        Some(("kokoro", name)) => {
            let files = KokoroFiles {
                model: folder.join("kokoro.onnx"),
                voices: folder.join("kokoro-voices.bin"),
                config: folder.join("kokoro-config.json"),
            };
            Ok(Box::new(Kokoro::load(runtime, &files, name)?))
        }
        Some(_) | None => Err("a voice is piper/NAME or kokoro/NAME".into()),
    }
}

/// Processor time of this process so far, in milliseconds, in steps of 10 (Linux).
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<u64> = stat.split_whitespace().skip(13).take(2).filter_map(|field| field.parse().ok()).collect();
    fields.iter().sum::<u64>() * 10
}
