"""The JSON Schemas of what `--json` prints: `python -m kitae.cli.schema docs/schema` writes them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from ..core.noun import Noun
from .examined import AnchorsOutput, DriftOutput, EvaluateExportOutput, EvaluateOutput, ViewOutput
from .outputs import (
    AskOutput,
    CalibrateOutput,
    CompareOutput,
    DoseOutput,
    ExportOutput,
    GcOutput,
    InitOutput,
    LineageOutput,
    NumberOutput,
    Output,
    PreflightOutput,
    ReportOutput,
    RescoreOutput,
    RunOutput,
    ShowOutput,
    StatusOutput,
    SuiteAddOutput,
    SuitesOutput,
    TrainJobOutput,
    TransferOutput,
    VerifyOutput,
)
from .plan_outputs import (
    PlanBacktestOutput,
    PlanEstimateOutput,
    PlanOutput,
    ProbeOutput,
    ScheduleOutput,
    WorksheetOutput,
)
from .surveyed import SurveyOutput


class Told(Noun):
    """What is wrong, where, and what to do."""

    what: str
    where: str
    hint: str
    readings: tuple[str, ...]
    """What was written could mean each of these; empty where that is not what is wrong."""


class MistakeOutput(Output):
    """What any command prints instead when there is something that the user can mend."""

    mistake: Told


OUTPUTS: dict[str, type[Output]] = {
    "init": InitOutput,
    "run": RunOutput,
    "train": RunOutput,
    "train-job": TrainJobOutput,
    "train-preflight": PreflightOutput,
    "status": StatusOutput,
    "show": ShowOutput,
    "lineage": LineageOutput,
    "compare": CompareOutput,
    "suites": SuitesOutput,
    "suites-add": SuiteAddOutput,
    "dose": DoseOutput,
    "evaluate": EvaluateOutput,
    "survey": SurveyOutput,
    "report": ReportOutput,
    "export": ExportOutput,
    "ask": AskOutput,
    "number": NumberOutput,
    "plan": PlanOutput,
    "plan-estimate": PlanEstimateOutput,
    "plan-backtest": PlanBacktestOutput,
    "plan-probe": ProbeOutput,
    "plan-schedule": ScheduleOutput,
    "plan-worksheet": WorksheetOutput,
    "verify": VerifyOutput,
    "gc": GcOutput,
    "push": TransferOutput,
    "pull": TransferOutput,
    "evaluate-rescore": RescoreOutput,
    "evaluate-export": EvaluateExportOutput,
    "view": ViewOutput,
    "judge-calibrate": CalibrateOutput,
    "judge-anchors": AnchorsOutput,
    "judge-drift": DriftOutput,
    "mistake": MistakeOutput,
}
"""What each command prints, and what all of them print when there is a mistake. `train-job` is `train --job`."""


class _Whole(GenerateJsonSchema):
    """Every field is printed, also one that has a default, so a reader may count on it."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return True


def schema(output: str) -> dict[str, Any]:
    """The schema of an output, as draft 2020-12."""
    written = OUTPUTS[output].model_json_schema(by_alias=True, mode="serialization", schema_generator=_Whole)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **written, "title": f"kitae: {output}"}


def file_name(output: str) -> str:
    """`status.v1.json`: the number is that of the field `schema` in the output."""
    return f"{output}.v{OUTPUTS[output].model_fields['schema_'].default}.json"


def files() -> dict[str, str]:
    """All schemas by file name, as they are written."""
    return {file_name(each): json.dumps(schema(each), ensure_ascii=False, indent=2) + "\n" for each in OUTPUTS}


def main(folder: Path) -> None:
    """Writes all schemas into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/schema"))
