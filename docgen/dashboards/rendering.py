"""A dashboard as the JSON that Grafana imports, built with Grafana's own types."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from grafana_foundation_sdk.builders import common as shapes
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from docgen.dashboards.panels import Panel, Row

_Builder: TypeAlias = timeseries.Panel | stat.Panel | table.Panel
_SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
_WITHOUT_TIME = dashboard.DataTransformerConfig(
    id_val="organize", options={"excludeByName": {"Time": True}, "renameByName": {"Value": "number"}}
)
_HEIGHT = {"timeseries": 8, "stat": 4, "table": 8}
_OF_ALL = "tis_esr_tcs_limit"
"""A metric that every process exports: its jobs are those to choose from."""


def text(uid: str, title: str, description: str, rows: Sequence[Row]) -> str:
    """Return the JSON of a dashboard."""
    made = (
        dashboards.Dashboard(f"TIS-ESR / {title}")
        .uid(uid)
        .description(description)
        .tags(["tis-esr"])
        .timezone("Europe/London")
        .time("now-24h", "now")
        .refresh("1m")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .link(_others())
        .with_variable(dashboards.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_jobs())
    )
    number = 0
    for row in rows:
        number += 1
        made.with_row(dashboards.Row(row.title).id(number))
        for panel in row.panels:
            number += 1
            made.with_panel(_panel(panel).id(number))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def _others() -> dashboards.DashboardLink:
    link = dashboards.DashboardLink("TIS-ESR").type(dashboard.DashboardLinkType.DASHBOARDS)
    return link.tags(["tis-esr"]).as_dropdown(True).include_vars(True).keep_time(True)


def _jobs() -> dashboards.QueryVariable:
    return (
        dashboards.QueryVariable("job")
        .label("Job")
        .datasource(_SOURCE)
        .query(f"label_values({_OF_ALL}, job)")
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(dashboard.VariableOption(selected=True, text="All", value="$__all"))
    )


def _panel(panel: Panel) -> _Builder:
    made = _FORMS[panel.form]()
    made.title(panel.title).description(panel.description).unit(panel.shown_unit).datasource(_SOURCE)
    made.span(panel.width).height(_HEIGHT[panel.form])
    if panel.bad is not None:
        made.thresholds(_thresholds(panel.bad, is_bad_below=panel.is_bad_below))
    if panel.form == "table":
        made.with_transformation(_WITHOUT_TIME)
    for place, (expression, legend) in enumerate(panel.queries):
        query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id("ABCDEFGH"[place])
        if panel.form == "table":
            query.format(PromQueryFormat.TABLE)
        made.with_target(query.range() if panel.form == "timeseries" else query.instant())
    return made


def _thresholds(bad: float, *, is_bad_below: bool) -> dashboards.ThresholdsConfig:
    low, high = ("red", "green") if is_bad_below else ("green", "red")
    steps = [dashboard.Threshold(value=None, color=low), dashboard.Threshold(value=bad, color=high)]
    return dashboards.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def _timeseries() -> timeseries.Panel:
    legend = shapes.VizLegendOptions().show_legend(True).placement(common.LegendPlacement.BOTTOM)
    tooltip = shapes.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
    legend.display_mode(common.LegendDisplayMode.LIST)
    return timeseries.Panel().min(0).show_points(common.VisibilityMode.NEVER).legend(legend).tooltip(tooltip)


_FORMS: Final[Mapping[str, Callable[[], _Builder]]] = {
    "timeseries": _timeseries,
    "stat": stat.Panel,
    "table": table.Panel,
}
