//! Plots as SVG, to stand within a page.

use plotters::prelude::*;

use crate::score::{Bin, CurvePoint};

const SIZE: (u32, u32) = (420, 300);
const INK: RGBColor = RGBColor(60, 60, 60);
const BLUE_LINE: RGBColor = RGBColor(30, 90, 180);
const RED_LINE: RGBColor = RGBColor(190, 40, 40);

/// What a witness said against what was: on the diagonal it means what it says. The dots grow with their cases.
pub(super) fn calibration(bins: &[Bin]) -> String {
    let dots = bins.iter().map(|bin| {
        let size = 2 + (bin.cases as f64).log2() as i32;
        Circle::new((bin.told, bin.are), size, BLUE_LINE.filled())
    });
    drawn("said: p(emergency)", "are emergencies", |chart| {
        chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], INK.mix(0.4)))?;
        chart.draw_series(dots)?;
        Ok(())
    })
}

/// What each threshold would do: emergencies missed (red) and routine calls taken for one (blue).
pub(super) fn curve(points: &[CurvePoint]) -> String {
    let missed = points.iter().map(|point| (point.threshold, point.missed));
    let alarms = points.iter().map(|point| (point.threshold, point.false_alarms));
    drawn("threshold", "share", |chart| {
        chart.draw_series(LineSeries::new(missed, RED_LINE.stroke_width(2)))?;
        chart.draw_series(LineSeries::new(alarms, BLUE_LINE.stroke_width(2)))?;
        Ok(())
    })
}

type Chart<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

/// A chart of [0, 1] by [0, 1].
fn drawn(
    across: &str,
    up: &str,
    series: impl FnOnce(
        &mut Chart<'_, '_>,
    ) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>>,
) -> String {
    let mut svg = String::new();
    let done = (|| {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(8)
            .x_label_area_size(34)
            .y_label_area_size(42)
            .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
        chart.configure_mesh().x_desc(across).y_desc(up).light_line_style(INK.mix(0.08)).draw()?;
        series(&mut chart)?;
        area.present()
    })();
    match done {
        Ok(()) => svg,
        // A plot is no reason to lose a report.
        Err(why) => format!("<p>This plot could not be drawn: {why}</p>"),
    }
}
