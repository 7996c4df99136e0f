//! The promises of `ARCHITECTURE.md`, each as a check of a trace. A check says what was broken, and when.

use std::time::Duration;

use dialogue::{Claim, Input, Note, Outcome, Output, Prompt, TransferNews, VisitLine};
use domain::{
    CallTime, CaseUpdate, Directive, LineId, OfficeReply, OfficeRequest, PatientId, RequestId, Urgency, YesNo,
};

use super::{Entry, Event, Trace};

pub(crate) type Verdict = Result<(), String>;

/// Neither side is silent for longer than this while the call lasts.
const SILENCE_MAX: Duration = Duration::from_secs(36);
/// The same after the caller has asked for time.
const SILENCE_MAX_ASKED: Duration = Duration::from_secs(70);
/// An emergency is ended by us only after this long without a word.
const WORDLESS_MAX: Duration = Duration::from_mins(10);
/// The longest call that one caller of these tests makes, and the caps of the receptionist behind it.
const CALL_MAX: CallTime = CallTime::from_ms(5 * 60 * 60 * 1000);
/// In the middle of a sentence an emergency line waits so long for its end.
const SENTENCE_ENDS_WITHIN: Duration = Duration::from_millis(1500);
/// Speech without an end is taken for noise after this long.
const SPEECH_MAX: Duration = Duration::from_secs(20);
/// A secret word, in every text that the tests let a patient say, and the end of every number.
pub(crate) const SECRETS: [&str; 2] = ["zebra", "5550100"];

fn broken<T>(at: CallTime, what: impl Into<String>) -> Result<T, String> {
    Err(format!("{at}: {}", what.into()))
}

fn ends_the_call(event: &Event) -> bool {
    matches!(
        event,
        Event::Out(Output::HangUp | Output::Bridge)
            | Event::In(Input::HungUp | Input::LineLost | Input::Transfer(TransferNews::HandedOver))
    )
}

/// Every call ends, and there is never nothing to wait for: the caller is never left in silence. `mouth_works`: a
/// receptionist whose lines are lost cannot be heard, but must end all the same.
pub(crate) fn promise_1(trace: &Trace, mouth_works: bool) -> Verdict {
    let last = trace.entries.last().map_or(CallTime::ZERO, |entry| entry.at);
    if !trace.over || last > CALL_MAX {
        return broken(last, "the call does not end");
    }
    let outcomes = trace.entries.iter().filter(|e| matches!(e.event, Event::Out(Output::Note(Note::Outcome(_)))));
    if outcomes.count() == 0 {
        return broken(last, "the call ends without an outcome");
    }
    let voiceless = trace.entries.iter().any(|e| matches!(e.event, Event::In(Input::VoiceLost)));
    if mouth_works && !voiceless { never_silent(trace) } else { Ok(()) }
}

fn never_silent(trace: &Trace) -> Verdict {
    let (mut sounding, mut speaking, mut quiet_since) = (false, false, None);
    let mut silence_max = SILENCE_MAX;
    for Entry { at, event, .. } in &trace.entries {
        if let Some(since) = quiet_since
            && at.since(since) > silence_max
        {
            return broken(*at, format!("silence since {since}"));
        }
        match event {
            Event::In(Input::Answered) => quiet_since = Some(*at),
            Event::In(Input::Heard { reading, .. }) => {
                silence_max = if reading.directive == Some(Directive::Wait) { SILENCE_MAX_ASKED } else { SILENCE_MAX };
            }
            Event::In(Input::LineStarted(_)) | Event::Out(Output::ResumeSpeaking) => sounding = true,
            Event::In(Input::LineFinished(_)) | Event::Out(Output::StopSpeaking | Output::PauseSpeaking) => {
                sounding = false;
            }
            Event::In(Input::SpeechStarted) => speaking = true,
            Event::In(Input::SpeechEnded | Input::Unintelligible) => speaking = false,
            event if ends_the_call(event) => return Ok(()),
            Event::In(_) | Event::Out(_) | Event::Woke(_) => {}
        }
        if sounding || speaking {
            quiet_since = None;
        } else if matches!(event, Event::In(_) | Event::Out(_)) {
            quiet_since = quiet_since.or(Some(*at));
        }
    }
    Ok(())
}

/// Urgency never falls within a call.
pub(crate) fn promise_2(trace: &Trace) -> Verdict {
    for pair in trace.entries.windows(2) {
        if pair[1].urgency < pair[0].urgency {
            return broken(pair[1].at, format!("urgency fell from {} to {}", pair[0].urgency, pair[1].urgency));
        }
    }
    Ok(())
}

/// If urgency reaches `Emergency`, the clinician is paged in the same instant, the emergency line is the next thing said, at once or
/// within 1.5 s if the caller is in the middle of a sentence, and the call is not ended by us (but after ten minutes without a
/// word).
pub(crate) fn promise_3(trace: &Trace) -> Verdict {
    let Some(index) = trace.entries.iter().position(|entry| entry.urgency == Urgency::Emergency) else { return Ok(()) };
    let since = trace.entries[index].at;
    // An input is written down before it is told: this is the first thing that it has caused.
    let (before, after) = trace.entries.split_at(index);
    let paged = after.iter().take_while(|entry| entry.at == since).any(|entry| {
        matches!(&entry.event, Event::Out(Output::Ask { request, .. })
            if matches!(request, OfficeRequest::OpenCase(case) if case.urgency == Urgency::Emergency)
                || matches!(request, OfficeRequest::UpdateCase(CaseUpdate::Raised { urgency: Urgency::Emergency, .. })))
    });
    if !paged {
        return broken(since, "an emergency, and nobody is paged");
    }
    if before.iter().any(|entry| ends_the_call(&entry.event)) {
        return Ok(()); // known only by the last words of a caller who is gone
    }
    let cause = trace.entries[..=index].iter().rev().find(|entry| !matches!(entry.event, Event::Out(_)));
    let in_a_sentence = cause.is_some_and(|entry| matches!(entry.event, Event::In(Input::PartialFlags(_))));
    let due = if in_a_sentence { since + SENTENCE_ENDS_WITHIN } else { since };
    let said = after.iter().find_map(|entry| match &entry.event {
        Event::Out(Output::Say { prompt, .. }) => Some((entry.at, prompt)),
        Event::Out(_) | Event::In(_) | Event::Woke(_) => None,
    });
    let goes_on = after.iter().take_while(|entry| !ends_the_call(&entry.event)).any(|entry| entry.at > due);
    match said {
        Some((at, Prompt::EmergencyLine(_))) if at <= due => {}
        None if in_a_sentence && !goes_on && !after.iter().any(|e| matches!(e.event, Event::Out(Output::HangUp))) => {
            return Ok(());
        }
        Some(_) | None => return broken(since, "an emergency, and its line is not the next thing said"),
    }
    let mut last_words = since;
    for Entry { at, event, .. } in after {
        match event {
            Event::Out(Output::Bridge) | Event::In(Input::Transfer(TransferNews::HandedOver)) => return Ok(()), // whoever is with them sees to it
            Event::In(Input::Heard { .. } | Input::Digit(_)) => last_words = *at,
            Event::Out(Output::HangUp) if at.since(last_words) < WORDLESS_MAX => {
                return broken(*at, "an emergency is ended by us");
            }
            Event::In(_) | Event::Out(_) | Event::Woke(_) => {}
        }
    }
    Ok(())
}

/// After the caller starts to speak, our speech is held at once and stops, or goes on for want of words, before any new
/// line; while the caller speaks no line starts. Excepted are emergency lines, and the last line of a call that has lasted too
/// long.
pub(crate) fn promise_4(trace: &Trace) -> Verdict {
    let mut line: Option<(LineId, bool)> = None;
    let mut speaking: Option<CallTime> = None;
    for (index, Entry { at, event, .. }) in trace.entries.iter().enumerate() {
        match event {
            Event::In(Input::SpeechStarted) => {
                let held = trace.entries[index + 1..]
                    .iter()
                    .take_while(|next| matches!(next.event, Event::Out(_)))
                    .any(|next| matches!(next.event, Event::Out(Output::PauseSpeaking)));
                if line.is_some_and(|(_, interruptible)| interruptible)
                    && speaking.is_none()
                    && !held
                    && !is_held(trace, index)
                {
                    return broken(*at, "the caller speaks, and our line goes on");
                }
                speaking = Some(*at);
            }
            Event::In(Input::SpeechEnded | Input::Unintelligible) => speaking = None,
            Event::In(Input::PartialFlags(_)) => speaking = speaking.map(|_| *at),
            Event::In(Input::Heard { .. }) => {
                speaking = speaking.filter(|since| at.since(*since) < SPEECH_MAX).map(|_| *at);
            }
            event if ends_the_call(event) => return Ok(()),
            Event::In(Input::LineFinished(id)) if line.is_some_and(|(line, _)| line == *id) => line = None,
            Event::Out(Output::StopSpeaking) => line = None,
            Event::Out(Output::Say { line: id, prompt, interruptible, tempo: _ }) => {
                if let Some((unfinished, _)) = line {
                    return broken(*at, format!("{id:?} starts over {unfinished:?}"));
                }
                let excepted = matches!(prompt, Prompt::EmergencyLine(_) | Prompt::GoodbyeTooLong);
                if !excepted && speaking.is_some_and(|since| at.since(since) < SPEECH_MAX) {
                    return broken(*at, format!("{prompt:?} starts while the caller speaks"));
                }
                line = Some((*id, *interruptible));
            }
            Event::In(_) | Event::Out(_) | Event::Woke(_) => {}
        }
    }
    Ok(())
}

/// Whether the line that is unfinished before `index` is held.
fn is_held(trace: &Trace, index: usize) -> bool {
    let last = trace.entries[..index].iter().rev().find(|entry| {
        matches!(entry.event, Event::Out(Output::PauseSpeaking | Output::ResumeSpeaking | Output::Say { .. }))
    });
    last.is_some_and(|entry| matches!(entry.event, Event::Out(Output::PauseSpeaking)))
}

/// Nothing is claimed before the office's reply says that it happened.
pub(crate) fn promise_6(trace: &Trace) -> Verdict {
    let mut cases: Vec<RequestId> = Vec::new();
    let mut messages: Vec<RequestId> = Vec::new();
    let mut changes: Vec<RequestId> = Vec::new();
    let mut joins: Vec<RequestId> = Vec::new();
    let (mut waits, mut waits_for_a_text) = (false, false);
    let (mut rings, mut accepted) = (false, false);
    let (mut paged, mut at_the_desk, mut acknowledged, mut kept) = (false, false, false, false);
    let (mut booked, mut moved, mut cancelled, mut noted) = (false, false, false, false);
    for Entry { at, event, .. } in &trace.entries {
        match event {
            Event::Out(Output::Ask { id, request: OfficeRequest::OpenCase(_) }) => cases.push(*id),
            Event::Out(Output::Ask { id, request: OfficeRequest::SaveMessage(_) }) => messages.push(*id),
            Event::Out(Output::Ask { id, request: OfficeRequest::JoinWaitingList(_) }) => joins.push(*id),
            Event::Out(Output::Ask { id, request }) if changes_the_book(request) => changes.push(*id),
            Event::In(Input::Transfer(news)) => match news {
                TransferNews::Ringing => (rings, accepted) = (true, false),
                TransferNews::Accepted { .. } => (rings, accepted) = (false, true),
                TransferNews::Unavailable | TransferNews::HandedOver | TransferNews::Ended | TransferNews::Lost => {
                    (rings, accepted) = (false, false);
                }
            },
            Event::In(Input::Office { id, reply }) => match reply {
                OfficeReply::Paged => paged |= cases.contains(id),
                OfficeReply::DeskPaged => at_the_desk |= cases.contains(id),
                OfficeReply::Acknowledged { .. } => acknowledged |= cases.contains(id),
                OfficeReply::MessageSaved { .. } => kept |= messages.contains(id),
                OfficeReply::Booked(_) => booked |= changes.contains(id),
                OfficeReply::Moved(_) => moved |= changes.contains(id),
                OfficeReply::Cancelled(_) => cancelled |= changes.contains(id),
                OfficeReply::ToBeConfirmed(_) => noted |= changes.contains(id),
                OfficeReply::OnWaitingList { by_text } => {
                    waits |= joins.contains(id) && !by_text;
                    waits_for_a_text |= joins.contains(id) && *by_text;
                }
                OfficeReply::NotPaged
                | OfficeReply::NobodyAnswers
                | OfficeReply::Unavailable
                | OfficeReply::CaseOpened { .. }
                | OfficeReply::CaseUpdated
                | OfficeReply::PatientMatched(_)
                | OfficeReply::PatientNotMatched
                | OfficeReply::PatientAmbiguous
                | OfficeReply::Slots(_)
                | OfficeReply::Appointments(_)
                | OfficeReply::SlotTaken
                | OfficeReply::NoSuchAppointment
                | OfficeReply::NotAllowed => {}
            },
            Event::Out(Output::Say { prompt, .. }) => {
                let true_now = match prompt.claim() {
                    Some(Claim::Paged) => paged,
                    Some(Claim::DeskPaged) => at_the_desk,
                    Some(Claim::Acknowledged) => acknowledged,
                    Some(Claim::Ringing) => rings,
                    Some(Claim::Accepted) => accepted,
                    Some(Claim::MessageKept) => kept,
                    Some(Claim::Booked) => booked,
                    Some(Claim::Moved) => moved,
                    Some(Claim::Cancelled) => cancelled,
                    Some(Claim::ToBeConfirmed) => noted,
                    Some(Claim::OnWaitingList { by_text: true }) => waits_for_a_text,
                    Some(Claim::OnWaitingList { by_text: false }) => waits,
                    None => true,
                };
                if !true_now {
                    return broken(*at, format!("{prompt:?} is not true yet"));
                }
            }
            Event::Out(Output::Note(Note::Outcome(outcome))) => {
                let true_now = match outcome {
                    Outcome::Message(_) => kept,
                    Outcome::Booked(_) => booked,
                    Outcome::Moved(_) => moved,
                    Outcome::Cancelled(_) => cancelled,
                    Outcome::ToBeConfirmed(_) => noted,
                    Outcome::OnWaitingList => waits || waits_for_a_text,
                    Outcome::Emergency | Outcome::Urgent | Outcome::Connected | Outcome::Answered | Outcome::None => {
                        true
                    }
                };
                if !true_now {
                    return broken(*at, format!("{} is noted, and is not so", outcome.kind()));
                }
            }
            Event::In(_) | Event::Out(_) | Event::Woke(_) => {}
        }
    }
    Ok(())
}

fn changes_the_book(request: &OfficeRequest) -> bool {
    matches!(request, OfficeRequest::Book(_) | OfficeRequest::Move { .. } | OfficeRequest::Cancel(_))
}

fn is_read_back(line: &VisitLine) -> bool {
    matches!(
        line,
        VisitLine::ReadBackBooking { .. } | VisitLine::ReadBackMove { .. } | VisitLine::ReadBackCancel { .. }
    )
}

/// Nothing is booked, moved or cancelled but in answer to a "yes" to a read-back of just that, heard to its end.
pub(crate) fn promise_5(trace: &Trace) -> Verdict {
    let mut read_back: Option<(LineId, &VisitLine)> = None;
    let mut heard = false;
    let mut confirmed: Option<&VisitLine> = None;
    let mut asked: Vec<RequestId> = Vec::new();
    for Entry { at, event, .. } in &trace.entries {
        match event {
            Event::Out(Output::Say { prompt: Prompt::TakeYourTime(_), .. }) => {}
            Event::Out(Output::Say { line, prompt, .. }) => {
                let told = if let Prompt::Visit(told) = prompt { Some(told) } else { None };
                read_back = told.filter(|told| is_read_back(told)).map(|told| (*line, told));
                heard = false;
            }
            Event::In(Input::LineFinished(id)) => heard |= read_back.is_some_and(|(line, _)| line == *id),
            Event::In(Input::Heard { reading, .. }) => {
                let yes = heard && reading.yes_no == Some(YesNo::Yes);
                confirmed = read_back.filter(|_| yes).map(|(_, told)| told);
            }
            Event::Out(Output::Ask { id, request }) if changes_the_book(request) && !asked.contains(id) => {
                asked.push(*id);
                let Some(told) = confirmed else {
                    return broken(*at, "the book is changed, and nobody has confirmed it");
                };
                if !super::book::is_what(told, request) {
                    return broken(*at, "something else is done than what was read back");
                }
            }
            Event::In(_) | Event::Woke(_) => confirmed = None,
            Event::Out(_) => {}
        }
    }
    Ok(())
}

/// Nothing about a patient is asked for or told before the office has matched the caller to that patient.
pub(crate) fn promise_9(trace: &Trace) -> Verdict {
    let mut matched: Vec<PatientId> = Vec::new();
    for Entry { at, event, .. } in &trace.entries {
        let patient = match event {
            Event::In(Input::Office { reply: OfficeReply::PatientMatched(patient), .. }) => {
                matched.push(patient.id);
                continue;
            }
            Event::Out(Output::Say { prompt, .. }) if prompt.discloses() && matched.is_empty() => {
                return broken(*at, "something is disclosed to somebody unknown");
            }
            Event::Out(Output::Ask { request, .. }) => match request {
                OfficeRequest::FindSlots(query) => query.patient,
                OfficeRequest::FindAppointments(patient) => *patient,
                OfficeRequest::Book(booking) => booking.patient,
                OfficeRequest::JoinWaitingList(wish) => wish.patient,
                OfficeRequest::Move { .. } | OfficeRequest::Cancel(_) if matched.is_empty() => {
                    return broken(*at, "the book is changed for somebody unknown");
                }
                OfficeRequest::Move { .. }
                | OfficeRequest::Cancel(_)
                | OfficeRequest::SaveMessage(_)
                | OfficeRequest::OpenCase(_)
                | OfficeRequest::UpdateCase(_)
                | OfficeRequest::FindPatient(_)
                | OfficeRequest::RegisterPatient(_) => continue,
            },
            Event::In(_) | Event::Out(_) | Event::Woke(_) => continue,
        };
        if !matched.contains(&patient) {
            return broken(*at, "the office is asked about a patient whom the caller was not matched to");
        }
    }
    Ok(())
}

/// No patient's word in any `Debug`.
pub(crate) fn promise_7(trace: &Trace) -> Verdict {
    let all = format!("{}{:?}", trace.debugs, trace.entries);
    match SECRETS.iter().find(|secret| all.contains(*secret)) {
        Some(secret) => broken(CallTime::ZERO, format!("{secret:?} is printed")),
        None => Ok(()),
    }
}

/// Whoever cannot be spoken to is told so, or what to do in their emergency, before we leave the line.
pub(crate) fn promise_10(trace: &Trace) -> Verdict {
    let mut lost: Option<CallTime> = None;
    for Entry { at, event, .. } in &trace.entries {
        match (event, lost) {
            (Event::Out(Output::HangUp), Some(since)) => {
                return broken(*at, format!("the voice is lost since {since}, and nothing was said of it"));
            }
            (event, _) if ends_the_call(event) => return Ok(()),
            (Event::In(Input::VoiceLost), _) => lost = lost.or(Some(*at)),
            (Event::Out(Output::Say { prompt: Prompt::VoiceLost | Prompt::EmergencyLine(_), .. }), Some(_)) => {
                return Ok(());
            }
            (Event::In(_) | Event::Out(_) | Event::Woke(_), _) => {}
        }
    }
    lost.map_or(Ok(()), |since| broken(since, "the voice is lost, and nothing is ever said of it"))
}

/// Replaying a journal gives the same outputs.
pub(crate) fn promise_8(trace: &Trace, replayed: &Trace) -> Verdict {
    let outputs = |trace: &Trace| -> Vec<_> {
        let out = |entry: &Entry| match &entry.event {
            Event::Out(output) => Some((entry.at, serde_json::to_string(output).unwrap())),
            Event::In(_) | Event::Woke(_) => None,
        };
        trace.entries.iter().filter_map(out).collect()
    };
    let (first, second) = (outputs(trace), outputs(replayed));
    let different = first.iter().zip(&second).find(|(a, b)| a != b);
    match different {
        Some(((at, _), _)) => broken(*at, "the replay differs"),
        None if first.len() != second.len() => broken(CallTime::ZERO, "the replay has another length"),
        None => Ok(()),
    }
}
