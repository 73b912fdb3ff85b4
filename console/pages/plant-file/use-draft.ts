/** The text as it is being written, and the plant in force that it was begun from. */
import { useEffect, useState } from "react";
import type { PlantFileView } from "../../../broker/api/shapes/plant-file.ts";
import { KeptDraft } from "../../components/kept-draft.ts";

export interface Draft {
  readonly text: string;
  readonly changed: boolean;
  /** Others changed the plant while this was written. */
  readonly overtaken: boolean;
  /** Digest of the text in force that it is compared with. */
  readonly basedOn: string;
  setText(text: string): void;
  /** It is meant all the same. */
  goOver(): void;
  discard(): void;
}

/** For who looks at another page meanwhile. */
const begun = new KeptDraft<{ readonly from: PlantFileView; readonly text: string }>("plant file");

export function useDraft(file: PlantFileView): Draft {
  const [from, setFrom] = useState(begun.kept?.from ?? file);
  const [text, setText] = useState(begun.kept?.text ?? file.text);
  const changed = text !== from.text;
  useEffect(() => begun.keep(changed ? { from, text } : undefined), [changed, from, text]);
  const moved = from.digest !== file.digest;
  useEffect(() => {
    if (!moved || (changed && text !== file.text)) return;
    setFrom(file);
    setText(file.text);
  }, [moved, changed, text, file]);
  return {
    ...{ text, setText, changed, basedOn: from.digest },
    overtaken: moved && changed,
    goOver: () => setFrom(file),
    discard: () => {
      setFrom(file);
      setText(file.text);
    },
  };
}
