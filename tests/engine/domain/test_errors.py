from engine.domain.errors import InputError, Refused, fault


def test_an_input_error_names_file_place_problem_and_mend_in_one_line() -> None:
    problem = InputError(
        "expected 0..360, got 412", file="cameras.toml", place="cameras[3]", mend="correct it"
    )
    assert str(problem) == "cameras.toml: cameras[3]: expected 0..360, got 412; correct it"


def test_what_is_not_known_is_left_out() -> None:
    assert str(InputError("is empty")) == "is empty"
    assert str(InputError("is empty", place="onset")) == "onset: is empty"


def test_a_refusal_carries_its_rule() -> None:
    assert str(Refused("no ground", rule="G3", mend="record one")) == "no ground; record one [G3]"
    assert str(Refused("no")) == "no"


def test_a_fault_says_its_kind_and_place_and_never_what_was_in_it() -> None:
    try:
        int("somebody's name")
    except ValueError as problem:
        said = fault(problem)
    assert said.startswith("internal error, ValueError in test_errors.py:")
    assert "somebody" not in said
    assert fault(KeyError("x")) == "internal error, KeyError"
