//! What the caller says, from the provider's pieces: in order, each once, and as long as the time that has passed.
//!
//! Pieces come over TCP, so none is lost between the provider and us, but many may come at once after the network has held
//! them up: all are heard, and nothing is waited for but the number that is missing where pieces may overtake one another. What the
//! telephone network has lost before is made up, as far as the clock says that there was time for it. Pure: told the time.

use std::collections::BTreeMap;
use std::time::Duration;

use audio::codec::{Codec, Decoder};
use audio::{FRAME_MS, Pcm};
use domain::Phi;

use super::message::Media;
use crate::LEG_HZ;

const TICK: Duration = Duration::from_millis(FRAME_MS as u64);
/// Less than that may be no sample at all: nothing is made up for it.
const SOUND_MIN: Duration = Duration::from_millis(1);
/// The bytes of 20 ms in every codec that is spoken here.
const TICK_BYTES: usize = 160;
/// Pieces that wait for one before them. Full: that one is given up.
const EARLY_MAX: usize = 10;
/// A missing piece is waited for so long.
const EARLY_MAX_WAIT: Duration = Duration::from_millis(100);
/// A number that is this far from the one awaited was counted anew.
const RENUMBERED: u64 = 1000;
/// So much is made up where something is missing; the rest is silence.
const CONCEALED_MAX: Duration = Duration::from_millis(60);
/// What is heard may be this much ahead of the time when a hole is filled: pieces do not come evenly.
const UNEVEN: Duration = Duration::from_millis(60);
/// What is heard may be this much behind the time: then silence is heard until more comes. A network that has stood still brings
/// what it held up mostly within this.
const BEHIND_MAX: Duration = Duration::from_millis(400);
/// What is heard may be this much ahead: then pieces without a voice are left out.
const AHEAD_MAX: Duration = Duration::from_millis(200);

pub(super) struct Hearing {
    codec: Codec,
    decoder: Decoder,
    /// The number that comes next.
    next: Option<u64>,
    early: BTreeMap<u64, Phi<Vec<u8>>>,
    early_since: Duration,
    /// The last piece, and by the provider's clock where it began and ended.
    last: Option<Last>,
    lost: Duration,
}

struct Last {
    began: Duration,
    ended: Duration,
    payload: Phi<Vec<u8>>,
}

/// What is heard now, and how long that makes all that was heard.
struct Heard {
    sounds: Vec<Pcm<LEG_HZ>>,
    long: Duration,
    now: Duration,
}

impl Heard {
    fn new(heard: Duration, now: Duration) -> Self {
        Self { sounds: Vec::new(), long: heard, now }
    }

    fn push(&mut self, sound: Pcm<LEG_HZ>) {
        self.long += Duration::from_nanos(sound.len() as u64 * 1_000_000_000 / u64::from(LEG_HZ));
        self.sounds.push(sound);
    }
}

impl Hearing {
    pub(super) fn new(codec: Codec) -> Self {
        Self {
            codec,
            decoder: Decoder::new(codec),
            next: None,
            early: BTreeMap::new(),
            early_since: Duration::ZERO,
            last: None,
            lost: Duration::ZERO,
        }
    }

    /// How much was missing, and made up.
    pub(super) fn lost(&self) -> Duration {
        self.lost
    }

    /// Takes a piece that came at `now`, when so much had been heard; gives what is heard by it.
    pub(super) fn take(&mut self, media: Media, heard: Duration, now: Duration) -> Vec<Pcm<LEG_HZ>> {
        let mut heard = Heard::new(heard, now);
        let Media { number, at, payload } = media;
        match number {
            Some(number) => self.put(number, payload, &mut heard),
            None => self.hear(at, &payload, &mut heard),
        }
        heard.sounds
    }

    /// What is heard at `now` although nothing came. Call it every 20 ms.
    pub(super) fn tick(&mut self, heard: Duration, now: Duration) -> Vec<Pcm<LEG_HZ>> {
        let mut heard = Heard::new(heard, now);
        if !self.early.is_empty() && now > self.early_since + EARLY_MAX_WAIT {
            self.give_up(&mut heard);
        }
        if heard.long + BEHIND_MAX < now {
            heard.push(self.decoder.silence(TICK));
        }
        heard.sounds
    }

    /// Keeps a numbered piece until it is its turn.
    fn put(&mut self, number: u64, payload: Phi<Vec<u8>>, heard: &mut Heard) {
        let next = *self.next.get_or_insert(number);
        if number.abs_diff(next) > RENUMBERED {
            self.early.clear();
            self.next = Some(number);
        } else if number < next {
            return;
        }
        if self.early.is_empty() {
            self.early_since = heard.now;
        }
        self.early.insert(number, payload);
        self.hear_on(heard);
        if self.early.len() > EARLY_MAX {
            self.give_up(heard);
        }
    }

    /// Goes on with what waits, as far as nothing is missing.
    fn hear_on(&mut self, heard: &mut Heard) {
        while let Some((number, payload)) = self.early.pop_first() {
            if self.next != Some(number) {
                self.early.insert(number, payload);
                return;
            }
            self.next = Some(number.saturating_add(1));
            self.early_since = heard.now;
            self.hear(None, &payload, heard);
        }
    }

    /// Does not wait any longer for what is missing.
    fn give_up(&mut self, heard: &mut Heard) {
        let Some((&number, payload)) = self.early.first_key_value() else { return };
        let missing = number - self.next.unwrap_or(number);
        let hole = self.long(payload).saturating_mul(u32::try_from(missing).unwrap_or(u32::MAX));
        let coming = self.long(payload);
        self.next = Some(number);
        self.fill(hole, coming, heard);
        self.hear_on(heard);
    }

    fn hear(&mut self, at: Option<Duration>, payload: &Phi<Vec<u8>>, heard: &mut Heard) {
        let long = self.long(payload);
        if heard.long.is_zero() {
            // The stream began a moment after pick-up; positions count from pick-up.
            let before = heard.now.saturating_sub(long);
            while let left = before.saturating_sub(heard.long)
                && left >= SOUND_MIN
            {
                heard.push(self.decoder.silence(TICK.min(left)));
            }
        }
        if let Some(at) = at {
            match self.last.replace(Last { began: at, ended: at + long, payload: payload.clone() }) {
                Some(last) if last.began == at && last.payload == *payload => return,
                Some(last) => self.fill(at.saturating_sub(last.ended), long, heard),
                None => {}
            }
        }
        let payload = payload.expose();
        if heard.long > heard.now + AHEAD_MAX && self.codec.is_quiet(payload) {
            return;
        }
        for piece in payload.chunks(TICK_BYTES) {
            let sound = self.decoder.decode(piece).unwrap_or_else(|_| self.decoder.conceal(TICK));
            heard.push(sound);
        }
    }

    /// Makes up what is missing before a piece, as far as there was time for it.
    fn fill(&mut self, hole: Duration, coming: Duration, heard: &mut Heard) {
        let room = (heard.now + UNEVEN).saturating_sub(heard.long + coming);
        let mut left = hole.min(room);
        self.lost += left;
        let mut concealed = Duration::ZERO;
        while left >= SOUND_MIN {
            let piece = left.min(TICK);
            left -= piece;
            let is_short = concealed < CONCEALED_MAX;
            heard.push(if is_short { self.decoder.conceal(piece) } else { self.decoder.silence(piece) });
            concealed += piece;
        }
    }

    /// How long a piece sounds: a byte is an eighth of a millisecond in every codec that is spoken here.
    fn long(&self, payload: &Phi<Vec<u8>>) -> Duration {
        Duration::from_micros(payload.expose().len() as u64 * 1_000_000 / u64::from(self.codec.clock_hz()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each unlike the others.
    fn piece(level: u8) -> Phi<Vec<u8>> {
        Phi::new(vec![level; 160])
    }

    fn numbered(number: u64) -> Media {
        Media { number: Some(number), at: None, payload: piece(number as u8) }
    }

    fn at(ms: u64) -> Media {
        Media { number: None, at: Some(Duration::from_millis(ms)), payload: piece(10) }
    }

    struct Call {
        hearing: Hearing,
        heard: usize,
        now: Duration,
    }

    impl Call {
        fn new() -> Self {
            // G.722 is not resampled: its sound is as long as its pieces, to the sample.
            Self { hearing: Hearing::new(Codec::G722), heard: 0, now: Duration::ZERO }
        }

        fn heard(&self) -> Duration {
            Duration::from_micros(self.heard as u64 * 1_000_000 / u64::from(LEG_HZ))
        }

        /// Milliseconds that are heard by a piece that comes 20 ms after the last.
        fn take(&mut self, media: Media) -> usize {
            self.now += TICK;
            self.take_at_once(media)
        }

        fn take_at_once(&mut self, media: Media) -> usize {
            let sounds = self.hearing.take(media, self.heard(), self.now);
            self.count(&sounds)
        }

        fn tick(&mut self) -> usize {
            self.now += TICK;
            let sounds = self.hearing.tick(self.heard(), self.now);
            self.count(&sounds)
        }

        fn count(&mut self, sounds: &[Pcm<LEG_HZ>]) -> usize {
            let samples: usize = sounds.iter().map(Pcm::len).sum();
            self.heard += samples;
            samples * 1000 / LEG_HZ as usize
        }
    }

    #[test]
    fn a_stream_may_begin_at_any_moment_in_any_codec() {
        for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
            for moment in (30_000..31_000).step_by(7).map(Duration::from_micros) {
                let heard = Hearing::new(codec).take(at(0), Duration::ZERO, moment);
                let samples: usize = heard.iter().map(Pcm::len).sum();
                assert!((464..=496).contains(&samples), "{codec:?} at {moment:?}: {samples}");
            }
        }
    }

    #[test]
    fn pieces_that_overtook_one_another_are_heard_in_order_and_once() {
        let mut call = Call::new();
        let heard: Vec<_> = [1, 2, 4, 3, 3, 2, 5].map(|number| call.take(numbered(number))).to_vec();
        assert_eq!(heard, [20, 20, 0, 40, 0, 0, 20]);
        assert_eq!(call.hearing.lost(), Duration::ZERO);
    }

    #[test]
    fn a_piece_that_never_comes_is_made_up() {
        let mut call = Call::new();
        call.take(numbered(1));
        assert_eq!(call.take(numbered(3)), 0);
        let waited: usize = (0..6).map(|_| call.tick()).sum();
        assert_eq!((waited, call.hearing.lost()), (40, TICK));
        assert_eq!(call.take(numbered(2)), 0, "too late");
        assert_eq!(call.take(numbered(4)), 20);
    }

    #[test]
    fn a_flood_of_early_pieces_gives_up_what_is_missing() {
        let mut call = Call::new();
        call.take(numbered(1));
        let heard: usize = (3..20).map(|number| call.take_at_once(numbered(number))).sum();
        assert!(heard >= 17 * 20, "{heard}");
    }

    #[test]
    fn numbers_that_begin_anew_are_followed() {
        let mut call = Call::new();
        call.take(numbered(5000));
        assert_eq!(call.take(numbered(1)), 20);
        assert_eq!(call.take(numbered(2)), 20);
    }

    #[test]
    fn what_the_timestamps_lack_is_made_up_and_repeated_pieces_are_not_heard() {
        let mut call = Call::new();
        assert_eq!([0, 20].map(|ms| call.take(at(ms))), [20, 20]);
        call.now += TICK * 2;
        assert_eq!(call.take(at(80)), 60, "40 ms are missing");
        assert_eq!(call.take(at(80)), 0, "twice the same");
        assert_eq!(call.hearing.lost(), TICK * 2);
    }

    #[test]
    fn a_timestamp_of_nonsense_makes_nothing_up_that_there_was_no_time_for() {
        let mut call = Call::new();
        call.take(at(0));
        assert!(call.take(at(u64::from(u32::MAX))) <= 20 + UNEVEN.as_millis() as usize);
        assert_eq!(call.take(at(40)), 20);
    }

    #[test]
    fn silence_is_heard_where_nothing_comes_and_all_that_was_held_up_afterwards() {
        let mut call = Call::new();
        call.take(at(0));
        let waited: usize = (0..50).map(|_| call.tick()).sum();
        assert_eq!(waited, 600, "a second less what is waited for");
        let came: usize = (1..50).map(|piece| call.take_at_once(at(piece * 20))).sum();
        assert_eq!(came, 49 * 20, "every piece");
    }

    /// Whatever a provider may send, in sound of up to a second.
    fn any_media() -> impl Strategy<Value = Media> {
        let number = prop::option::of(prop_oneof![0u64..50, any::<u64>()]);
        let at = prop::option::of(prop_oneof![0u64..5000, any::<u64>()]);
        (number, at, 0usize..8000).prop_map(|(number, at, bytes)| {
            let payload = Phi::new(vec![7; bytes]);
            Media { number, at: at.map(Duration::from_millis), payload }
        })
    }

    proptest! {
        #[test]
        fn nothing_is_made_up_that_there_was_no_time_for(all in prop::collection::vec(any_media(), 1..60)) {
            let mut call = Call::new();
            let mut said = Duration::ZERO;
            for media in all {
                said += call.hearing.long(&media.payload);
                call.take(media);
                call.tick();
                prop_assert!(call.heard() <= call.now + said + UNEVEN, "{:?} of {:?}", call.heard(), call.now);
            }
        }
    }

    #[test]
    fn what_is_heard_is_as_long_as_the_call() {
        let mut call = Call::new();
        call.now = Duration::from_millis(300);
        for number in 0..500 {
            // Every tenth is lost.
            if number % 10 == 9 {
                call.tick();
            } else {
                call.take(at(number * 20));
            }
        }
        let off = call.heard().abs_diff(call.now);
        assert!(off <= TICK, "{off:?}");
    }
}
