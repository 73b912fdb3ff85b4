/** Sentences of the OPC UA process, which may be anything: they go onto tapes and to people. */

const WORDS_MAX = 300;

export function wordsOf(said: unknown): string {
  return String(said).slice(0, WORDS_MAX).replaceAll(/\p{C}/gu, " ");
}
