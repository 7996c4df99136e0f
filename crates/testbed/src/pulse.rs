//! PulseAudio with devices that nobody hears: null sinks stand for a microphone and a loudspeaker, and ALSA's plugin makes them
//! the default devices of whoever is told.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const READY_WITHIN: Duration = Duration::from_secs(20);
const LOOKS_EVERY: Duration = Duration::from_millis(100);
const ALSA: &str = "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n";
/// Ends the server when its own input ends: when who started it is gone.
const KEEPER: &str = r#"
    pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disable-shm=yes \
        -L "module-native-protocol-unix socket=$1/native auth-anonymous=1" \
        -L "module-null-sink sink_name=microphone rate=48000 channels=1" \
        -L "module-null-sink sink_name=loudspeaker rate=48000 channels=1" >"$1/log" 2>&1 </dev/null &
    server=$!
    read -r end
    kill -TERM "$server" 2>/dev/null
    wait "$server"
"#;

/// A sound server of its own, until it is dropped.
#[derive(Debug)]
pub struct PulseAudio {
    keeper: Child,
    _dir: TempDir,
    /// Its devices.
    pub devices: SoundDevices,
}

/// A microphone and a loudspeaker.
#[derive(Clone, Debug)]
pub struct SoundDevices {
    folder: PathBuf,
}

/// The microphone, by what is played into it.
pub const MICROPHONE: &str = "microphone";
/// The loudspeaker.
pub const LOUDSPEAKER: &str = "loudspeaker";

impl PulseAudio {
    /// Starts it; says aloud that a test is skipped where Debian's packages `pulseaudio`, `pulseaudio-utils` and `libasound2-plugins`
    /// are missing.
    ///
    /// # Panics
    /// If it is there and does not start.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub fn start() -> Option<Self> {
        let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !is_there("pulseaudio") || !is_there("pactl") {
            eprintln!("SKIPPED: PulseAudio is missing; `make setup` installs it");
            return None;
        }
        let dir = TempDir::new().expect("a folder");
        std::fs::write(dir.path().join("asound.conf"), ALSA).expect("its folder can be written");
        let devices = SoundDevices::of(dir.path());
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(dir.path());
        devices.belong_to(&mut keeper);
        // Its own settings are those of a user who has none.
        keeper.env("HOME", dir.path()).env("XDG_RUNTIME_DIR", dir.path()).env_remove("PULSE_SERVER");
        let keeper = keeper.stdin(Stdio::piped()).spawn().expect("the server's keeper starts");
        let server = Self { keeper, _dir: dir, devices };
        server.wait_until_ready();
        server.devices.order(&["set-default-source", "microphone.monitor"]);
        server.devices.order(&["set-default-sink", LOUDSPEAKER]);
        Some(server)
    }

    fn wait_until_ready(&self) {
        let began = Instant::now();
        while !self.devices.command("pactl").arg("info").output().is_ok_and(|done| done.status.success()) {
            let log = || std::fs::read_to_string(self.devices.folder.join("log")).unwrap_or_default();
            assert!(began.elapsed() < READY_WITHIN, "PulseAudio does not start: {}", log());
            std::thread::sleep(LOOKS_EVERY);
        }
    }
}

impl Drop for PulseAudio {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().ok();
    }
}

impl SoundDevices {
    /// Those of a server in this folder, for a process that the test has started.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The server's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes them the devices of the computer on which `command` runs.
    pub fn belong_to(&self, command: &mut Command) {
        let path = |name| self.folder.join(name);
        command
            .env("PULSE_SERVER", format!("unix:{}", path("native").display()))
            .env("PULSE_RUNTIME_PATH", path("runtime"))
            .env("PULSE_STATE_PATH", path("state"))
            .env("PULSE_COOKIE", path("cookie"))
            .env("ALSA_CONFIG_PATH", path("asound.conf"));
    }

    /// Plays a recording into the microphone, until it ends or is dropped.
    ///
    /// # Panics
    /// If PulseAudio's tools are missing.
    pub fn say(&self, wav: &Path) -> Running {
        Running(self.command("paplay").arg("--device=microphone").arg(wav).spawn().expect("paplay is there"))
    }

    /// Records into a WAV of 16 kHz what is played at [`MICROPHONE`] or [`LOUDSPEAKER`], until it is ended.
    ///
    /// # Panics
    /// If PulseAudio's tools are missing.
    pub fn record(&self, device: &str, wav: &Path) -> Running {
        let mut command = self.command("parecord");
        command.arg(format!("--device={device}.monitor")).arg(wav);
        command.args(["--rate=16000", "--channels=1", "--format=s16le", "--file-format=wav"]);
        Running(command.spawn().expect("parecord is there"))
    }

    /// What `pactl` does, such as `exit`.
    ///
    /// # Panics
    /// If it cannot be done.
    pub fn order(&self, order: &[&str]) {
        let done = self.command("pactl").args(order).output().expect("pactl is there");
        assert!(done.status.success(), "{order:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        self.belong_to(&mut command);
        command.stdin(Stdio::null());
        command
    }
}

/// A tool of the server's at work, until it is dropped.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Waits until it has done everything.
    ///
    /// # Panics
    /// If it failed.
    pub fn finish(mut self) {
        assert!(self.0.wait().is_ok_and(|status| status.success()), "a tool of PulseAudio failed");
    }

    /// Asks it to end, so that its file is whole.
    ///
    /// # Panics
    /// If it is not there any more.
    pub fn end(mut self) {
        let asked = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "a tool of PulseAudio had ended");
        self.0.wait().ok();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
