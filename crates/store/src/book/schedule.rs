use domain::{Admits, AppointmentType, AppointmentTypeId, PracticeId, Provider, ProviderId};
use jiff::SignedDuration;
use jiff::civil::{DateTime, Time, Weekday};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::column::{Columns, corrupt, json};
use crate::{Store, StoreError};

/// Who works when, and what can be booked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Who sees patients.
    pub providers: Vec<Provider>,
    /// What can be booked.
    pub types: Vec<AppointmentType>,
    /// The ordinary week.
    pub templates: Vec<Template>,
    /// What differs from it.
    pub exceptions: Vec<Exception>,
}

/// A provider's working time on one day of every week, `[from, to)` by the practice's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Whose.
    pub provider: ProviderId,
    /// On which day.
    pub weekday: Weekday,
    /// From.
    pub from: Time,
    /// To; later than `from`.
    pub to: Time,
    /// What it is for; empty: everything that the provider gives.
    pub types: Vec<AppointmentTypeId>,
    /// When it can be booked.
    pub release: Release,
}

/// When a template's openings can be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// As far ahead as the appointment type allows.
    Always,
    /// On the day itself.
    SameDay,
}

/// A time, `[from, to)` by the practice's clock, that differs from the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Whose; `None`: the whole practice.
    pub provider: Option<ProviderId>,
    /// From.
    pub from: DateTime,
    /// To; later than `from`.
    pub to: DateTime,
    /// How it differs.
    pub opens: Opens,
    /// Why, for staff: "Thanksgiving".
    pub why: String,
}

/// How an exception differs from the week. Where the two kinds meet, closed wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// Nobody is seen, whatever the templates say.
    Closed,
    /// Patients are seen, outside templates and opening hours too.
    Open,
}

impl Store {
    /// Puts `schedule` in the place of the practice's former one, all or nothing. Appointments stay as they are.
    pub async fn replace_schedule(&self, practice: &PracticeId, schedule: &Schedule) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for delete in [
            "DELETE FROM provider WHERE practice = $1",
            "DELETE FROM appointment_type WHERE practice = $1",
            "DELETE FROM template WHERE practice = $1",
            "DELETE FROM schedule_exception WHERE practice = $1",
        ] {
            sqlx::query(delete).bind(&practice.0).execute(&mut *transaction).await?;
        }
        for (position, provider) in (0_i64..).zip(&schedule.providers) {
            sqlx::query("INSERT INTO provider (practice, id, position, name) VALUES ($1, $2, $3, $4)")
                .bind(&practice.0)
                .bind(&provider.id.0)
                .bind(position)
                .bind(&provider.name)
                .execute(&mut *transaction)
                .await?;
        }
        for (position, kind) in (0_i64..).zip(&schedule.types) {
            keep_type(practice, position, kind, &mut transaction).await?;
        }
        for (position, template) in (0_i64..).zip(&schedule.templates) {
            keep_template(practice, position, template, &mut transaction).await?;
        }
        for (position, exception) in (0_i64..).zip(&schedule.exceptions) {
            keep_exception(practice, position, exception, &mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The practice's schedule as it was put there last; empty if none was.
    pub async fn schedule(&self, practice: &PracticeId) -> Result<Schedule, StoreError> {
        // One transaction: never half of an old one and half of a new one.
        let mut transaction = self.readers.begin().await?;
        let mut rows = async |sql| sqlx::query(sql).bind(&practice.0).fetch_all(&mut *transaction).await;
        let providers = rows("SELECT * FROM provider WHERE practice = $1 ORDER BY position").await?;
        let types = rows("SELECT * FROM appointment_type WHERE practice = $1 ORDER BY position").await?;
        let templates = rows("SELECT * FROM template WHERE practice = $1 ORDER BY position").await?;
        let exceptions = rows("SELECT * FROM schedule_exception WHERE practice = $1 ORDER BY position").await?;
        Ok(Schedule {
            providers: providers.iter().map(provider).collect::<Result<_, _>>()?,
            types: types.iter().map(appointment_type).collect::<Result<_, _>>()?,
            templates: templates.iter().map(template).collect::<Result<_, _>>()?,
            exceptions: exceptions.iter().map(exception).collect::<Result<_, _>>()?,
        })
    }
}

async fn keep_type(
    practice: &PracticeId,
    position: i64,
    kind: &AppointmentType,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO appointment_type (practice, id, position, name, asked_with, duration_s, buffer_before_s,
                                       buffer_after_s, admits, age_from, age_to, providers, lead_s, horizon_days)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(&practice.0)
    .bind(&kind.id.0)
    .bind(position)
    .bind(&kind.name)
    .bind(json(&kind.asked_with))
    .bind(kind.duration.as_secs())
    .bind(kind.buffer_before.as_secs())
    .bind(kind.buffer_after.as_secs())
    .bind(match kind.admits {
        Admits::Everybody => "everybody",
        Admits::KnownPatients => "known_patients",
        Admits::NewPatients => "new_patients",
    })
    .bind(i64::from(kind.ages.0))
    .bind(i64::from(kind.ages.1))
    .bind(json(&kind.providers))
    .bind(kind.lead.as_secs())
    .bind(i64::from(kind.horizon_days))
    .execute(connection)
    .await?;
    Ok(())
}

async fn keep_template(
    practice: &PracticeId,
    position: i64,
    template: &Template,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO template (practice, position, provider, weekday, from_civil, to_civil, types, release)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&practice.0)
    .bind(position)
    .bind(&template.provider.0)
    .bind(i64::from(template.weekday.to_monday_one_offset()))
    .bind(template.from.to_string())
    .bind(template.to.to_string())
    .bind(json(&template.types))
    .bind(match template.release {
        Release::Always => "always",
        Release::SameDay => "same_day",
    })
    .execute(connection)
    .await?;
    Ok(())
}

async fn keep_exception(
    practice: &PracticeId,
    position: i64,
    exception: &Exception,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO schedule_exception (practice, position, provider, from_civil, to_civil, what, why)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&practice.0)
    .bind(position)
    .bind(exception.provider.as_ref().map(|p| &p.0))
    .bind(exception.from.to_string())
    .bind(exception.to.to_string())
    .bind(match exception.opens {
        Opens::Closed => "closed",
        Opens::Open => "open",
    })
    .bind(&exception.why)
    .execute(connection)
    .await?;
    Ok(())
}

fn provider(row: &AnyRow) -> Result<Provider, StoreError> {
    let row = Columns(row);
    Ok(Provider { id: ProviderId(row.text("id")?), name: row.text("name")? })
}

fn appointment_type(row: &AnyRow) -> Result<AppointmentType, StoreError> {
    let row = Columns(row);
    let seconds = |column| Ok::<_, StoreError>(SignedDuration::from_secs(row.number(column)?.into()));
    let age = |column| u8::try_from(row.number(column)?).map_err(|_| corrupt(column));
    Ok(AppointmentType {
        id: AppointmentTypeId(row.text("id")?),
        name: row.text("name")?,
        asked_with: row.json("asked_with")?,
        duration: seconds("duration_s")?,
        buffer_before: seconds("buffer_before_s")?,
        buffer_after: seconds("buffer_after_s")?,
        admits: match row.text("admits")?.as_str() {
            "everybody" => Admits::Everybody,
            "known_patients" => Admits::KnownPatients,
            "new_patients" => Admits::NewPatients,
            _ => return Err(corrupt("admits")),
        },
        ages: (age("age_from")?, age("age_to")?),
        providers: row.json("providers")?,
        lead: seconds("lead_s")?,
        horizon_days: u16::try_from(row.number("horizon_days")?).map_err(|_| corrupt("horizon_days"))?,
    })
}

fn template(row: &AnyRow) -> Result<Template, StoreError> {
    let row = Columns(row);
    let weekday = i8::try_from(row.number("weekday")?).map_err(|_| corrupt("weekday"))?;
    Ok(Template {
        provider: ProviderId(row.text("provider")?),
        weekday: Weekday::from_monday_one_offset(weekday).map_err(|_| corrupt("weekday"))?,
        from: row.parsed("from_civil")?,
        to: row.parsed("to_civil")?,
        types: row.json("types")?,
        release: match row.text("release")?.as_str() {
            "always" => Release::Always,
            "same_day" => Release::SameDay,
            _ => return Err(corrupt("release")),
        },
    })
}

fn exception(row: &AnyRow) -> Result<Exception, StoreError> {
    let row = Columns(row);
    Ok(Exception {
        provider: row.optional_text("provider")?.map(ProviderId),
        from: row.parsed("from_civil")?,
        to: row.parsed("to_civil")?,
        opens: match row.text("what")?.as_str() {
            "closed" => Opens::Closed,
            "open" => Opens::Open,
            _ => return Err(corrupt("what")),
        },
        why: row.text("why")?,
    })
}
