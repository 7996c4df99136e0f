//! oncall
