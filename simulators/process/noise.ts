/** A 32-bit generator (mulberry32) as a pure function, and a bell-shaped value made from it. */

/** @returns a number in [0, 1) and the generator's next state. */
export function uniform(state: number): [value: number, next: number] {
  const next = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(next ^ (next >>> 15), next | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return [((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32, next];
}

/** Sum of uniforms: mean 0, standard deviation about 1, never beyond ±3.5. */
export function gaussian(state: number): [value: number, next: number] {
  let sum = 0;
  let next = state;
  for (let count = 0; count < 4; count += 1) {
    const [value, after] = uniform(next);
    sum += value;
    next = after;
  }
  return [(sum - 2) * Math.sqrt(3), next];
}
