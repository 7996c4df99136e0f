"""FirstRing's labels, in the order of `crates/domain/src/caller.rs`."""

URGENCIES = ["routine", "urgent", "emergency"]
INTENTS = (
    "symptom book_appointment reschedule_appointment cancel_appointment confirm_appointment prescription_refill test_results billing "
    "insurance records_request referral office_info speak_to_person leave_message clinician_call pharmacy_call vendor_sales "
    "wrong_number other"
).split()
CALLERS = "patient caregiver new_patient clinician pharmacy insurer vendor other".split()
