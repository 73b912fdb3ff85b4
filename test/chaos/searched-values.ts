/** What each session of the search's chaos test writes. */
export const VALUES: readonly number[] = Array.from({ length: 60 }, (_, n) => n);
