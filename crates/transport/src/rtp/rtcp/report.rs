use std::time::Duration;

use super::{BYE, DESCRIPTION, RECEIVER_REPORT, ReportBlock, Rtcp, SENDER_REPORT, Sent, middle, short_units};
use crate::rtp::Sender;
use crate::rtp::sequence::Reception;

/// A name in RTCP is at most this long.
const CNAME_MAX: usize = 255;

/// Writes a leg's reports and reads what the other end makes of them.
///
/// A report goes out every few seconds (RFC 3550 6.2 asks for 5, with some chance), whether anything was received or not.
#[derive(Clone, Debug)]
pub struct Reporter {
    cname: String,
    /// The wall's time at pick-up.
    ntp_at_pick_up: u64,
    /// Time of the last sender report that came, and when it came.
    last: Option<(u32, Duration)>,
    round_trip: Option<Duration>,
    /// What they have received of us, by the last report that says so.
    received: Option<Reception>,
}

impl Reporter {
    /// `cname` should be random and the same for one call (RFC 7022). `ntp_at_pick_up` is the wall's time then, in seconds
    /// since 1900 with 32 bits of fraction; only differences count, so any will do.
    pub fn new(cname: &str, ntp_at_pick_up: u64) -> Self {
        let mut cname = cname.to_owned();
        cname.truncate(cname.floor_char_boundary(CNAME_MAX));
        Self { cname, ntp_at_pick_up, last: None, round_trip: None, received: None }
    }

    /// The compound packet to send at `now`: a report on what was sent and received, and our name.
    pub fn write(&self, now: Duration, sender: &Sender, reception: Option<Reception>) -> Vec<u8> {
        let blocks: Vec<ReportBlock> = reception.map(|reception| self.block(reception, now)).into_iter().collect();
        let ssrc = sender.ssrc();
        let mut bytes = if sender.packets() == 0 {
            packet(RECEIVER_REPORT, blocks.len(), &report_body(ssrc, None, &blocks))
        } else {
            let (packets, octets) = (sender.packets(), sender.octets());
            let sent = Sent { ntp: self.ntp(now), timestamp: sender.timestamp(), packets, octets };
            packet(SENDER_REPORT, blocks.len(), &report_body(ssrc, Some(sent), &blocks))
        };
        bytes.extend(packet(DESCRIPTION, 1, &description_body(ssrc, &self.cname)));
        bytes
    }

    /// The last packet of a leg: as [`write`](Self::write), and that the stream has ended.
    pub fn write_bye(&self, now: Duration, sender: &Sender, reception: Option<Reception>) -> Vec<u8> {
        let mut bytes = self.write(now, sender, reception);
        bytes.extend(packet(BYE, 1, &sender.ssrc().to_be_bytes()));
        bytes
    }

    /// Takes what came at `now`; `ours` is the source that we send.
    pub fn heard(&mut self, packets: &[Rtcp], ours: u32, now: Duration) {
        for packet in packets {
            let blocks = match packet {
                Rtcp::SenderReport { sent, blocks, .. } => {
                    self.last = Some((middle(sent.ntp), now));
                    blocks
                }
                Rtcp::ReceiverReport { blocks, .. } => blocks,
                Rtcp::Description { .. } | Rtcp::Bye { .. } | Rtcp::Other { .. } => continue,
            };
            for block in blocks.iter().filter(|block| block.reception.ssrc == ours) {
                self.received = Some(block.reception);
                if block.last_report != 0 {
                    self.round_trip = self.travelled(block, now).or(self.round_trip);
                }
            }
        }
    }

    /// How long a packet takes there and back, by the last report that could say.
    pub fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// What the other end has received of what we send, by its last report.
    pub fn received(&self) -> Option<Reception> {
        self.received
    }

    fn block(&self, reception: Reception, now: Duration) -> ReportBlock {
        let (last_report, since_last_report) = match self.last {
            Some((time, came)) => (time, short_units(now.saturating_sub(came))),
            None => (0, 0),
        };
        ReportBlock { reception, last_report, since_last_report }
    }

    /// RFC 3550 6.4.1: now, less when we wrote, less how long they kept it. What is negative or longer than half a minute
    /// is no time on the way but somebody's mistake.
    fn travelled(&self, block: &ReportBlock, now: Duration) -> Option<Duration> {
        let units = middle(self.ntp(now)).wrapping_sub(block.last_report).wrapping_sub(block.since_last_report);
        (units < 30 << 16).then(|| Duration::from_micros((u64::from(units) * 1_000_000) >> 16))
    }

    fn ntp(&self, now: Duration) -> u64 {
        let fraction = (u64::from(now.subsec_nanos()) << 32) / 1_000_000_000;
        self.ntp_at_pick_up.wrapping_add(now.as_secs() << 32 | fraction)
    }
}

fn packet(packet_type: u8, count: usize, body: &[u8]) -> Vec<u8> {
    debug_assert!(count < 32 && body.len().is_multiple_of(4), "a packet is whole words");
    let mut bytes = vec![0x80 | count as u8, packet_type];
    bytes.extend((body.len() as u16 / 4).to_be_bytes());
    bytes.extend(body);
    bytes
}

fn report_body(ssrc: u32, sent: Option<Sent>, blocks: &[ReportBlock]) -> Vec<u8> {
    let mut words = vec![ssrc];
    if let Some(sent) = sent {
        words.extend([(sent.ntp >> 32) as u32, sent.ntp as u32, sent.timestamp, sent.packets, sent.octets]);
    }
    for ReportBlock { reception, last_report, since_last_report } in blocks {
        let lost = u32::from(reception.fraction_lost) << 24 | reception.lost as u32 & 0xFF_FFFF;
        words.extend([reception.ssrc, lost, reception.highest, reception.jitter, *last_report, *since_last_report]);
    }
    words.into_iter().flat_map(u32::to_be_bytes).collect()
}

fn description_body(ssrc: u32, cname: &str) -> Vec<u8> {
    let mut body = ssrc.to_be_bytes().to_vec();
    body.extend([1, cname.len() as u8]);
    body.extend(cname.as_bytes());
    body.push(0);
    body.resize(body.len().next_multiple_of(4), 0);
    body
}

#[cfg(test)]
mod tests {
    use audio::codec::Codec;
    use proptest::prelude::*;

    use super::*;
    use crate::rtp::Start;
    use crate::rtp::rtcp::parse;

    fn sender(ssrc: u32) -> Sender {
        Sender::new(Start { ssrc, sequence: 1, timestamp: 5 }, Codec::Pcmu, 0)
    }

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn two_ends_find_out_how_far_apart_they_are() {
        // Their walls differ by an hour; a packet takes 30 ms there and 50 back.
        let (mut here, mut there) = (Reporter::new("a", 5 << 32), Reporter::new("b", 3605 << 32));
        let (mut ours, theirs) = (sender(1), sender(2));
        ours.send(&[0xFF; 160]);
        let reception = Reception { ssrc: 1, fraction_lost: 3, lost: 4, highest: 5, jitter: 6 };
        there.heard(&parse(&here.write(at(1000), &ours, None)).unwrap(), 2, at(1030));
        let answer = there.write(at(3030), &theirs, Some(reception));
        let answer = parse(&answer).unwrap();
        assert!(matches!(&answer[0], Rtcp::ReceiverReport { ssrc: 2, blocks } if blocks[0].reception == reception));
        here.heard(&answer, 1, at(3080));
        let round_trip = here.round_trip().unwrap();
        assert!(round_trip.abs_diff(at(80)) < Duration::from_micros(50), "{round_trip:?}");
        assert_eq!(there.round_trip(), None);
        assert_eq!((here.received(), there.received()), (Some(reception), None));
        // Nonsense changes nothing.
        let block = ReportBlock { reception, last_report: u32::MAX / 2, since_last_report: 0 };
        here.heard(&[Rtcp::ReceiverReport { ssrc: 2, blocks: vec![block] }], 1, at(4000));
        assert_eq!(here.round_trip(), Some(round_trip));
    }

    #[test]
    fn the_last_packet_says_so() {
        let last = parse(&Reporter::new("x", 0).write_bye(at(1), &sender(7), None)).unwrap();
        assert_eq!(last[2], Rtcp::Bye { ssrcs: vec![7] });
        assert_eq!(last.len(), 3);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            ssrc in any::<u32>(), cname in "[a-zäß]{0,300}", sent in any::<bool>(), lost in -0x80_0000i32..0x80_0000,
            fraction_lost in any::<u8>(), highest in any::<u32>(), jitter in any::<u32>(), now in 0u64..1 << 40,
        ) {
            let (reporter, mut sender) = (Reporter::new(&cname, 77 << 32), sender(ssrc));
            if sent {
                sender.send(&[0; 160]);
            }
            let reception = Reception { ssrc: !ssrc, fraction_lost, lost, highest, jitter };
            let read = parse(&reporter.write(Duration::from_micros(now), &sender, Some(reception))).unwrap();
            let block = ReportBlock { reception, last_report: 0, since_last_report: 0 };
            match &read[0] {
                Rtcp::SenderReport { ssrc: read, sent: Sent { packets: 1, octets: 160, timestamp: 165, .. }, blocks } => {
                    prop_assert!(sent && *read == ssrc && *blocks == [block]);
                }
                Rtcp::ReceiverReport { ssrc: read, blocks } => prop_assert!(!sent && *read == ssrc && *blocks == [block]),
                Rtcp::SenderReport { .. } | Rtcp::Description { .. } | Rtcp::Bye { .. } | Rtcp::Other { .. } => {
                    prop_assert!(false, "{:?}", read);
                }
            }
            prop_assert_eq!(&read[1], &Rtcp::Description { ssrc, cname: reporter.cname.clone() });
            prop_assert!(cname.starts_with(&reporter.cname) && read.len() == 2);
        }
    }
}
