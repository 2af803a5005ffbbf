"""Metrics and units: every unit becomes the canonical one, and only a unit that fits its metric."""

import pytest

from schema.metrics import METRICS, UNITS, Metric, Unit, UnknownUnitError, conversion


@pytest.mark.parametrize(
    ("metric", "value", "unit", "canonical"),
    [
        ("temperature", 70.7, "degF", 21.5),
        ("temperature", 294.65, "K", 21.5),
        ("illuminance", 51, "klx", 51_000),
        ("water_content", 25, "%", 0.25),
        ("soil_moisture", 0.25, "m3/m3", 25),
        ("pressure", 101.325, "kPa", 1013.25),
        ("vapour_pressure_deficit", 11.7, "hPa", 1.17),
        ("ec", 1500, "uS/cm", 1.5),
        ("wind_speed", 36, "km/h", 10),
        ("battery_voltage", 3300, "mV", 3.3),
        ("radiation_sum", 1, "MJ/m2", 100),
        ("rain", 1, "in", 25.4),
        ("temperature", -40, "°F", -40),
    ],
)
def test_a_value_is_converted_to_the_metrics_own_unit(metric: str, value: float, unit: str, canonical: float) -> None:
    found = conversion(metric, unit)
    assert found.canonical == METRICS[metric].unit
    assert value * found.scale + found.offset == pytest.approx(canonical)


@pytest.mark.parametrize(("metric", "unit"), [("temperature", "%"), ("humidity", "degC"), ("co2", "parrots"), ("ph", "")])
def test_a_unit_that_does_not_fit_is_refused_with_the_one_that_would(metric: str, unit: str) -> None:
    with pytest.raises(UnknownUnitError, match=METRICS[metric].unit):
        conversion(metric, unit)


def test_a_metric_that_is_not_known_keeps_value_and_unit() -> None:
    found = conversion("sap_flow", "g/h")
    assert (found.canonical, found.scale, found.offset) == ("g/h", 1.0, 0.0)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_each_metric_can_be_given_in_its_own_unit_and_has_a_range(metric: Metric) -> None:
    assert conversion(metric.name, metric.unit) == Unit(metric.unit)
    assert metric.low < metric.high


def test_each_unit_expresses_a_unit_that_some_metric_has() -> None:
    canonical = {metric.unit for metric in METRICS.values()}
    assert {meaning.canonical for meanings in UNITS.values() for meaning in meanings} <= canonical
