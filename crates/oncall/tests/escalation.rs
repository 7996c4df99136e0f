//! The escalation told as short stories: what happens on the left, what the machine does on the right.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Urgency;
use jiff::Timestamp;
use oncall::{Attempt, Chain, Clinician, ClinicianId, Escalation, Input, Output, Pace, Plan, Turn, Way};

/// A case, its clock, and a log of what the machine put out, one word for each output.
struct Story {
    case: Escalation,
    now: Timestamp,
}

/// Somebody with one way, or with as many as are named.
fn clinician(id: &str, ways: &[Way]) -> Clinician {
    Clinician { id: id.into(), name: format!("Doctor {id}"), ways: ways.to_vec() }
}

const ONE: &[Way] = &[Way::Webhook];

/// One turn each. Emergency: reminder after 60 s, next after 120 s, rest 10 s. Urgent: 150, 300, 30. Ten minutes to reach the caller.
fn plan(people: &[Clinician]) -> Plan {
    let seconds = Duration::from_secs;
    let chain = |again, next, retry| {
        let turn = |one: &Clinician| Turn { people: vec![one.clone()], pace: Pace::new(seconds(again), seconds(next)) };
        Chain::new(people.iter().map(turn).collect(), seconds(retry), seconds(600))
    };
    Plan { emergency: chain(60, 120, 10), urgent: chain(150, 300, 30), desk: Some("desk".into()) }
}

impl Story {
    fn new(people: &[Clinician]) -> Self {
        Self::by(plan(people))
    }

    fn by(plan: Plan) -> Self {
        Self { case: Escalation::new(plan), now: Timestamp::UNIX_EPOCH }
    }

    fn three() -> Self {
        Self::new(&["ann", "bob", "cy"].map(|who| clinician(who, ONE)))
    }

    fn input(&mut self, input: Input) -> String {
        self.case.handle_input(input, self.now);
        self.drain()
    }

    fn open(&mut self, urgency: Urgency) -> String {
        self.input(Input::Opened { urgency })
    }

    fn fail(&mut self, attempt: u32) -> String {
        self.input(Input::PageFailed { attempt: Attempt(attempt) })
    }

    fn accept(&mut self, attempt: u32) -> String {
        self.input(Input::PageAccepted { attempt: Attempt(attempt) })
    }

    fn ack(&mut self, by: &str) -> String {
        self.input(Input::Acknowledged { clinician: by.into() })
    }

    fn decline(&mut self, by: &str) -> String {
        self.input(Input::Declined { clinician: by.into() })
    }

    fn done(&mut self, by: &str) -> String {
        self.input(Input::Done { clinician: by.into() })
    }

    /// Lets the time pass and fires what falls due in it.
    fn pass(&mut self, seconds: u64) -> String {
        let until = self.now.saturating_add(Duration::from_secs(seconds)).expect("no calendar units");
        let mut log = Vec::new();
        while let Some((due, _)) = self.case.poll_timeout().filter(|(due, _)| *due <= until) {
            self.now = self.now.max(due);
            self.case.handle_timeout(self.now);
            log.push(self.drain());
        }
        self.now = until;
        log.join(" ")
    }

    fn drain(&mut self) -> String {
        let mut log = Vec::new();
        while let Some(output) = self.case.poll_output() {
            log.push(match output {
                Output::Page(page) if page.way == Way::Webhook => {
                    format!("{}#{}:{:?}", page.clinician, page.attempt.0, page.why)
                }
                Output::Page(page) => format!("{}-{}#{}:{:?}", page.clinician, page.way, page.attempt.0, page.why),
                Output::Exhausted { accepted } => format!("exhausted({accepted})"),
                Output::Acknowledged { clinician, .. } => format!("ack({clinician})"),
                Output::Overdue { clinician } => format!("overdue({clinician})"),
                Output::Done { clinician, .. } => format!("done({clinician})"),
            });
        }
        log.join(" ")
    }
}

#[test]
fn nobody_answers_so_each_is_reminded_and_then_the_next_is_paged_for_ever() {
    let mut s = Story::three();
    assert_eq!(s.open(Urgency::Emergency), "ann#1:Opened");
    assert_eq!(s.accept(1), "");
    assert_eq!(s.pass(60), "ann#2:Repeated");
    assert_eq!(s.pass(60), "bob#3:NextInRota");
    assert_eq!(s.pass(120), "bob#4:Repeated cy#5:NextInRota");
    assert_eq!(s.pass(120), "cy#6:Repeated exhausted(1) ann#7:NewRound");
    assert_eq!(s.pass(120), "ann#8:Repeated bob#9:NextInRota");
}

#[test]
fn a_failed_page_moves_on_at_once() {
    let mut s = Story::three();
    s.open(Urgency::Urgent);
    assert_eq!(s.fail(1), "bob#2:NextInRota");
    assert_eq!(s.accept(2), "");
    assert_eq!(s.ack("bob"), "ack(bob)");
    assert_eq!(s.done("bob"), "done(bob)");
    assert!(s.case.is_over());
}

#[test]
fn a_page_that_fails_after_it_was_taken_moves_on_at_once() {
    let mut s = Story::three();
    s.open(Urgency::Emergency);
    s.accept(1);
    assert_eq!((s.pass(3), s.fail(1)), (String::new(), "bob#2:NextInRota".to_owned()));
    assert_eq!((s.fail(1), s.accept(1)), (String::new(), String::new()), "told again");
    assert_eq!((s.accept(2), s.fail(2)), (String::new(), "cy#3:NextInRota".to_owned()));
    assert_eq!(
        (s.fail(3), s.accept(3)),
        ("exhausted(1)".to_owned(), String::new()),
        "page 1 was told of last as taken"
    );
    assert_eq!((s.pass(9), s.pass(1)), (String::new(), "ann#4:NewRound".to_owned()));

    let mut two = Story::new(&[clinician("ann", &[Way::Sms, Way::Voice]), clinician("bob", ONE)]);
    two.open(Urgency::Emergency);
    assert_eq!((two.accept(1), two.accept(2), two.fail(1)), (String::new(), String::new(), String::new()));
    assert_eq!(two.accept(1), "", "what has failed stays so");
    assert_eq!(two.pass(60), "ann-sms#3:Repeated ann-voice#4:Repeated");
    assert_eq!(
        (two.accept(3), two.fail(2), two.fail(4)),
        (String::new(), String::new(), String::new()),
        "one way is left"
    );
    assert_eq!(two.fail(3), "bob#5:NextInRota");
}

#[test]
fn a_page_that_fails_when_somebody_has_the_case_changes_nothing() {
    let mut s = Story::three();
    s.open(Urgency::Emergency);
    s.accept(1);
    s.ack("ann");
    assert_eq!((s.fail(1), s.pass(599)), (String::new(), String::new()));
    assert_eq!(s.pass(1), "overdue(ann) ann#2:NotReached");
    assert_eq!((s.accept(2), s.fail(1)), (String::new(), String::new()), "of a page of before");
    s.done("ann");
    assert_eq!((s.fail(2), s.pass(100_000)), (String::new(), String::new()));
    assert!(s.case.is_over());
}

#[test]
fn failures_that_are_heard_of_late_put_nobody_off() {
    let mut s = Story::new(&[clinician("ann", ONE)]);
    s.open(Urgency::Urgent);
    s.accept(1);
    assert_eq!(s.pass(299), "ann#2:Repeated");
    s.accept(2);
    assert_eq!((s.fail(1), s.fail(2)), (String::new(), "exhausted(0) ann#3:NewRound".to_owned()), "not 30 s later");
    s.accept(3);
    s.pass(29);
    assert_eq!(
        (s.fail(3), s.pass(29), s.pass(1)),
        ("exhausted(0)".to_owned(), String::new(), "ann#4:NewRound".to_owned())
    );
}

#[test]
fn who_cannot_take_it_says_so_and_the_next_is_paged_at_once() {
    let mut s = Story::three();
    s.open(Urgency::Urgent);
    s.accept(1);
    assert_eq!(s.decline("cy"), "", "it is not their turn");
    assert_eq!(s.decline("ann"), "bob#2:NextInRota");
    assert_eq!((s.decline("bob"), s.decline("cy")), ("cy#3:NextInRota".to_owned(), "exhausted(1)".to_owned()));
    assert_eq!((s.pass(29), s.pass(1)), (String::new(), "ann#4:NewRound".to_owned()), "nobody is rung without end");
    let mut two = day();
    two.open(Urgency::Emergency);
    assert_eq!(two.decline("desk"), "", "the clinician may still take it");
    assert_eq!(two.decline("ann"), "bob#3:NextInRota");
}

#[test]
fn taken_is_not_done_and_pages_again() {
    let mut s = Story::three();
    s.open(Urgency::Emergency);
    s.fail(1);
    assert_eq!(s.ack("bob"), "ack(bob)");
    assert_eq!(s.case.holder(), Some(&"bob".into()));
    assert_eq!(s.pass(599), "");
    assert_eq!(s.pass(1), "overdue(bob) bob#3:NotReached", "who had it first: they may have forgotten to tell");
    assert_eq!(s.case.holder(), None);
    assert_eq!(s.fail(3), "ann#4:NextInRota");
    assert_eq!(s.ack("ann"), "ack(ann)");
    assert_eq!(s.done("bob"), "done(bob)", "whoever reached the caller closes it");
    assert_eq!((s.done("ann"), s.ack("cy"), s.pass(100_000)), (String::new(), String::new(), String::new()));
    assert!(s.case.is_over());
}

fn night() -> Story {
    Story::new(&["ann", "last"].map(|who| clinician(who, ONE)))
}

/// In the morning others are on call.
fn morning() -> Input {
    Input::Plan(plan(&["cy", "last"].map(|who| clinician(who, ONE))))
}

#[test]
fn a_case_that_is_open_when_the_shift_changes_pages_who_is_on_call_then() {
    let mut s = night();
    s.open(Urgency::Emergency);
    assert_eq!(s.input(morning()), "");
    assert_eq!(s.fail(1), "cy#2:NextInRota", "not the last resort of the night");
    assert_eq!(s.input(morning()), "");
    assert_eq!(s.fail(2), "last#3:NextInRota");
    assert_eq!(s.fail(3), "exhausted(0)");
    assert_eq!(s.pass(10), "cy#4:NewRound");
    let known: BTreeSet<_> = s.case.clinicians().map(|clinician| clinician.id.0.as_str()).collect();
    assert_eq!(known, BTreeSet::from(["ann", "cy", "last"]), "a page that ann has may still be taken");
    assert_eq!(s.ack("ann"), "ack(ann)");
    assert_eq!(s.pass(600), "overdue(ann) ann#5:NotReached", "she had it, and may only have forgotten to tell");
    assert_eq!(s.fail(5), "cy#6:NextInRota");
}

#[test]
fn a_rise_of_urgency_and_a_restart_page_who_is_on_call_then_at_once() {
    let mut raised = night();
    raised.open(Urgency::Urgent);
    raised.accept(1);
    raised.input(morning());
    assert_eq!(raised.input(Input::Raised(Urgency::Emergency)), "cy#2:Raised");
    let mut restarted = night();
    restarted.open(Urgency::Urgent);
    restarted.accept(1);
    restarted.input(morning());
    assert_eq!(restarted.input(Input::Restarted), "cy#2:Restarted");
    assert_eq!(restarted.input(Input::Restarted), "cy#3:Restarted", "its fate is unknown");
}

#[test]
fn a_clock_that_is_put_back_delays_nothing_beyond_its_pace() {
    let mut s = Story::three();
    s.open(Urgency::Emergency);
    let hour = Duration::from_hours(1);
    s.now = s.now.saturating_add(Duration::from_secs(30)).expect("no calendar units");
    s.case.handle_timeout(s.now);
    s.now = s.now.saturating_sub(hour).expect("no calendar units");
    s.case.handle_timeout(s.now);
    assert_eq!((s.drain(), s.pass(59), s.pass(1)), (String::new(), String::new(), "ann#2:Repeated".to_owned()));
}

#[test]
fn when_all_fail_everybody_is_tried_again_after_a_rest() {
    let mut s = Story::three();
    s.open(Urgency::Emergency);
    s.fail(1);
    s.fail(2);
    assert_eq!(s.fail(3), "exhausted(0)");
    assert_eq!(s.pass(9), "");
    assert_eq!(s.pass(1), "ann#4:NewRound");
}

#[test]
fn one_accepting_channel_is_enough_and_both_are_tried() {
    let mut s = Story::new(&[clinician("ann", &[Way::Webhook, Way::Sms]), clinician("bob", ONE)]);
    assert_eq!(s.open(Urgency::Emergency), "ann#1:Opened ann-sms#2:Opened");
    assert_eq!(s.fail(1), "");
    assert_eq!(s.accept(2), "");
    assert_eq!(s.pass(119), "ann#3:Repeated ann-sms#4:Repeated");
    assert_eq!(s.pass(1), "bob#5:NextInRota");
}

#[test]
fn a_clinician_without_a_channel_is_passed_over() {
    let mut s = Story::new(&[clinician("ann", &[]), clinician("bob", ONE)]);
    assert_eq!(s.open(Urgency::Emergency), "bob#1:Opened");
    let mut nobody = Story::new(&[clinician("ann", &[])]);
    assert_eq!(nobody.open(Urgency::Emergency), "exhausted(0)");
    assert_eq!(nobody.pass(25), "exhausted(0) exhausted(0)");
}

#[test]
fn raised_pages_at_once_and_quickens_the_pace() {
    let mut s = Story::three();
    s.open(Urgency::Urgent);
    s.accept(1);
    assert_eq!(s.pass(100), "");
    assert_eq!(s.input(Input::Raised(Urgency::Emergency)), "ann#2:Raised");
    assert_eq!(s.input(Input::Raised(Urgency::Emergency)), "");
    assert_eq!(s.input(Input::Raised(Urgency::Urgent)), "");
    assert_eq!(s.pass(120), "ann#3:Repeated bob#4:NextInRota");
}

#[test]
fn an_acknowledgement_covers_only_the_urgency_it_was_given_for() {
    let mut s = Story::three();
    s.open(Urgency::Urgent);
    s.fail(1);
    s.ack("bob");
    assert_eq!(s.ack("ann"), "", "the first acknowledgement counts");
    let raised = "ann#3:Raised bob#4:Raised";
    assert_eq!(s.input(Input::Raised(Urgency::Emergency)), raised, "whoever is first does not wait for who has it");
    assert_eq!((s.fail(3), s.fail(4)), (String::new(), "bob#5:NextInRota".to_owned()));
    assert_eq!(s.ack("ann"), "ack(ann)");

    let mut closed = Story::three();
    closed.open(Urgency::Urgent);
    closed.done("ann");
    assert_eq!(closed.input(Input::Raised(Urgency::Urgent)), "");
    assert_eq!(closed.input(Input::Raised(Urgency::Emergency)), "ann#2:Raised");
}

#[test]
fn after_a_restart_a_page_of_unknown_fate_is_sent_again() {
    let mut s = Story::three();
    s.open(Urgency::Emergency);
    let kept = serde_json::to_string(&s.case).expect("plain data");
    s.case = serde_json::from_str(&kept).expect("what was kept");
    assert_eq!(s.input(Input::Restarted), "ann#2:Restarted");
    s.accept(1);
    s.accept(2);
    assert_eq!(s.input(Input::Restarted), "", "nothing is unknown");
    assert_eq!(s.pass(120), "ann#3:Repeated bob#4:NextInRota");
}

#[test]
fn a_late_wake_up_does_one_thing_at_a_time() {
    let mut s = Story::three();
    s.open(Urgency::Emergency);
    s.now = s.now.saturating_add(Duration::from_hours(1)).expect("no calendar units");
    s.case.handle_timeout(s.now);
    assert_eq!(s.drain(), "ann#2:Repeated");
    s.case.handle_timeout(s.now);
    assert_eq!(s.drain(), "bob#3:NextInRota");
    s.case.handle_timeout(s.now);
    assert_eq!(s.drain(), "");
}

#[test]
fn no_configured_pace_is_faster_than_the_shortest() {
    let pace = Pace::new(Duration::ZERO, Duration::ZERO);
    let chain = Chain::new(Vec::new(), Duration::ZERO, Duration::ZERO);
    let all = [pace.again_after(), pace.next_after(), chain.retry_after(), chain.reach_within()];
    assert_eq!(all, [Pace::SHORTEST; 4]);
    assert_eq!(ClinicianId::from("ann").to_string(), "ann");
}

/// In the day the desk has the urgent cases first; an emergency is ann's and the desk's together.
fn day() -> Story {
    let [desk, ann, bob] = ["desk", "ann", "bob"].map(|who| clinician(who, ONE));
    let urgent = plan(&[desk.clone(), ann.clone(), bob.clone()]).urgent;
    let mut emergency = plan(&[ann, bob]).emergency.turns().to_vec();
    emergency[0].people.push(desk);
    let seconds = Duration::from_secs;
    Story::by(Plan { urgent, emergency: Chain::new(emergency, seconds(10), seconds(600)), desk: Some("desk".into()) })
}

#[test]
fn those_of_one_turn_are_paged_together_and_nobody_waits_for_the_desk_alone() {
    let mut s = day();
    assert_eq!(s.open(Urgency::Emergency), "ann#1:Opened desk#2:Opened");
    assert_eq!(s.accept(2), "");
    assert_eq!(s.fail(1), "bob#3:NextInRota", "the desk has its page, and no clinician of the turn has");
    assert_eq!(s.ack("desk"), "ack(desk)", "it may take it all the same");

    let mut only_desk = day();
    only_desk.open(Urgency::Emergency);
    only_desk.accept(2);
    only_desk.fail(1);
    assert_eq!(only_desk.fail(3), "exhausted(0)", "no clinician could be told");
}

#[test]
fn a_case_that_the_desk_has_or_had_is_the_clinicians_when_it_becomes_worse_or_is_late() {
    let mut raised = day();
    raised.open(Urgency::Urgent);
    assert_eq!(raised.ack("desk"), "ack(desk)");
    assert_eq!(raised.input(Input::Raised(Urgency::Emergency)), "ann#2:Raised desk#3:Raised");
    let mut late = day();
    late.open(Urgency::Urgent);
    late.ack("desk");
    let night = plan(&["ann", "bob"].map(|who| clinician(who, ONE)));
    late.input(Input::Plan(night));
    assert_eq!(late.pass(600), "overdue(desk) ann#2:NotReached desk#3:NotReached");
}

#[test]
fn at_closing_time_nobody_waits_for_an_empty_desk() {
    let mut s = day();
    s.open(Urgency::Urgent);
    s.accept(1);
    assert_eq!(s.input(Input::Plan(plan(&["ann", "bob"].map(|who| clinician(who, ONE))))), "ann#2:NextInRota");
}

#[test]
fn who_has_a_case_may_give_it_back() {
    let mut s = Story::three();
    s.open(Urgency::Emergency);
    s.ack("ann");
    assert_eq!(s.decline("bob"), "", "he does not have it");
    assert_eq!(s.decline("ann"), "overdue(ann) bob#2:NotReached");
    assert_eq!(s.case.holder(), None);
    let mut alone = Story::new(&[clinician("ann", ONE)]);
    alone.open(Urgency::Emergency);
    alone.ack("ann");
    assert_eq!(alone.decline("ann"), "overdue(ann) ann#2:NotReached", "there is nobody else");
}

#[test]
fn a_person_has_the_turn_of_each_of_their_ways() {
    let turns = [clinician("ann", &[Way::Sms]), clinician("ann", &[Way::Voice]), clinician("bob", ONE)];
    let mut s = Story::new(&turns);
    s.open(Urgency::Emergency);
    let [sms, voice, _] = turns;
    s.input(Input::Plan(plan(&[sms, voice, clinician("cy", ONE)])));
    assert_eq!(s.fail(1), "ann-voice#2:NextInRota", "she was not called yet");
    assert_eq!(s.fail(2), "cy#3:NextInRota");
}

#[test]
fn numbers_of_pages_are_not_used_again() {
    let people = ["ann", "bob"].map(|who| clinician(who, ONE));
    let mut s = Story { case: Escalation::new(plan(&people)).after(7), now: Timestamp::UNIX_EPOCH };
    assert_eq!(s.open(Urgency::Urgent), "ann#8:Opened");
}

#[test]
fn a_case_that_becomes_an_emergency_pages_who_is_first_then_and_who_was_being_paged() {
    let mut at_the_desk = day();
    assert_eq!(at_the_desk.open(Urgency::Urgent), "desk#1:Opened");
    assert_eq!(at_the_desk.input(Input::Raised(Urgency::Emergency)), "ann#2:Raised desk#3:Raised");
    let mut further = day();
    further.open(Urgency::Urgent);
    further.fail(1);
    assert_eq!(further.fail(2), "bob#3:NextInRota");
    assert_eq!(further.input(Input::Raised(Urgency::Emergency)), "ann#4:Raised desk#5:Raised bob#6:Raised");
    assert_eq!((further.fail(4), further.fail(5)), (String::new(), String::new()));
    assert_eq!(further.fail(6), "bob#7:NextInRota");
}

#[test]
fn when_the_office_closes_the_case_goes_on_with_who_was_not_paged_yet() {
    let mut s = day();
    s.open(Urgency::Urgent);
    assert_eq!(s.fail(1), "ann#2:NextInRota");
    assert_eq!(s.input(Input::Plan(plan(&["ann", "bob"].map(|who| clinician(who, ONE))))), "");
    assert_eq!(s.fail(2), "bob#3:NextInRota", "ann has had her turn");
    assert_eq!(s.fail(3), "exhausted(0)");
    assert_eq!(s.pass(30), "ann#4:NewRound");
}
