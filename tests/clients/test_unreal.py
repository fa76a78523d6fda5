"""The Unreal plug-in, checked by g++ against stand-ins of Unreal's types.

This is no Unreal: it shows that the code is C++ that fits Unreal's types as Epic's reference has them.
Whether Unreal's build tool and header tool take it was never tried.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.clients.running import words_of

REPOSITORY = Path(__file__).resolve().parents[2]
PLUGIN = REPOSITORY / "clients/unreal"
SOURCE = PLUGIN / "Source/T2SFace"
STAND_INS = REPOSITORY / "tests/clients/stand_ins/unreal"

pytestmark = pytest.mark.timeout(120)  # compilers are slow on busy machines


def check(public: Path, source: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("no g++: apt install g++")
    strict = ["-Wall", "-Wextra", "-Werror", "-fno-exceptions", "-fno-rtti"]  # as Unreal builds
    places = [f"-I{STAND_INS}", f"-I{public}"]
    command = ["g++", "-std=c++17", "-fsyntax-only", *strict, "-DT2SFACE_API=", *places, str(source)]
    words_of(command, patience_s=100)


def test_every_source_file_is_sound():
    sources = sorted((SOURCE / "Private").glob("*.cpp"))
    assert sources
    for source in sources:
        check(SOURCE / "Public", source)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Client->PushSubjectFrameData_AnyThread(Subject, MoveTemp(Face))",
         "Client->PushSubjectFrameData_AnyThread(Subject, Face)"),
        ("AddLambda([this](const FString& Error)", "AddLambda([this](int32 Error)"),
        ("PropertyValues.Append(Shown.arkit.data(), ", "PropertyValues.Append(Shown.arkit, "),
    ],
)  # fmt: skip
def test_a_wrong_type_would_be_found(tmp_path, right, wrong):
    text = (SOURCE / "Private/T2SFaceSource.cpp").read_text(encoding="utf-8")
    assert text.count(right) == 1
    broken = tmp_path / "Broken.cpp"
    broken.write_text(text.replace(right, wrong))
    with pytest.raises(AssertionError, match="error:"):
        check(SOURCE / "Public", broken)


def test_a_method_that_the_base_class_lacks_would_be_found(tmp_path):
    for header in (SOURCE / "Public").iterdir():
        text = header.read_text(encoding="utf-8")
        (tmp_path / header.name).write_text(text.replace("GetSourceStatus() const", "GetSourceStatus()"))
    with pytest.raises(AssertionError, match="override"):
        check(tmp_path, SOURCE / "Private/T2SFaceSource.cpp")


def test_the_plug_in_has_the_layout_that_unreal_wants():
    described = json.loads((PLUGIN / "T2SFace.uplugin").read_text(encoding="utf-8"))
    (module,) = described["Modules"]
    build = (SOURCE / f"{module['Name']}.Build.cs").read_text(encoding="utf-8")
    assert f"class {module['Name']} : ModuleRules" in build
    private = (SOURCE / "Private/T2SFaceSource.cpp").read_text(encoding="utf-8")
    assert f"IMPLEMENT_MODULE(FDefaultModuleImpl, {module['Name']})" in private
    header = (SOURCE / "Public/T2SFaceSource.h").read_text(encoding="utf-8")
    includes = [line for line in header.splitlines() if line.startswith("#include")]
    assert includes[-1] == '#include "T2SFaceSource.generated.h"'  # Unreal's header tool insists
