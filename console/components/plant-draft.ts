/** A text for the editor of the plant file, handed over by another page of this tab: once. */

let handed: string | undefined;

export function handPlantDraft(text: string): void {
  handed = text;
}

/** Undefined where nothing was handed over. */
export function takePlantDraft(): string | undefined {
  const text = handed;
  handed = undefined;
  return text;
}
