/** What the bench of the player runs inside its page, as text: nothing here has the page's types. */

/** A page that takes longer is broken, and the bench ends. */
const PATIENCE_MS = 60_000;

const IS_READY = `document.querySelector('.rp-player[data-state="ready"] td.tg-value') !== null`;

/** The part under the play head is there, and each tag of the panel has a value. */
const IS_COMPLETE = `(() => {
  const values = [...document.querySelectorAll(".rp-player td.tg-value")];
  return (
    document.querySelector('.rp-player[data-state="ready"]') !== null &&
    values.length > 0 &&
    values.every((cell) => cell.textContent !== "–")
  );
})()`;

/** At the start of a recording nothing was read yet: the panels are there, with what is known. */
export const UNTIL_READY = `(async () => {
  while (!(${IS_READY})) {
    if (performance.now() > ${PATIENCE_MS}) throw new Error("the player did not open");
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
})()`;

/** Between two seeks, as a person looks before the next one. */
const PAUSE_MS = 60;

/**
 * Moves the play head about; answers how many milliseconds each move took to be on screen.
 * @param from from which part of the recording on (0 to 1) every tag has a value
 */
export function seekAbout(count: number, from: number): string {
  const first = Math.min(0.9, from + 0.05);
  return `(async () => {
    const line = document.querySelector(".rp-line-view");
    const { left, top, width } = line.getBoundingClientRect();
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const samples = [];
    let place = 0.5;
    for (let n = 0; n < ${count}; n += 1) {
      // The golden ratio spreads the places evenly, each far from the one before.
      place = (place + 0.618034) % 1;
      const at = { clientX: left + (${first} + ${0.95 - first} * place) * width, clientY: top + 5, bubbles: true, pointerId: 1 };
      const before = line.getAttribute("aria-valuetext") + line.getAttribute("aria-valuenow");
      const isMoved = () =>
        line.getAttribute("aria-valuetext") + line.getAttribute("aria-valuenow") !== before;
      const fromMs = performance.now();
      line.dispatchEvent(new PointerEvent("pointermove", { ...at, buttons: 1 }));
      do {
        await frame();
        if (performance.now() - fromMs > ${PATIENCE_MS}) throw new Error("a seek did not end");
      } while (!isMoved() || !${IS_COMPLETE});
      samples.push(performance.now() - fromMs);
      await new Promise((resolve) => setTimeout(resolve, ${PAUSE_MS}));
    }
    return samples;
  })()`;
}
