/** Which rows of a long list are on the screen. */
export interface ListWindow {
  readonly first: number;
  /** One past the last row to draw. */
  readonly end: number;
  /** Empty height above and below the drawn rows. */
  readonly aboveHeight: number;
  readonly belowHeight: number;
}

/** Rows drawn beyond the edge, so that scrolling does not show the background. */
const ROWS_BEYOND = 8;

/** Where each row begins, and at the end the height of all. */
export function offsetsOf(heights: readonly number[]): number[] {
  const offsets = [0];
  let sum = 0;
  for (const height of heights) {
    sum += height;
    offsets.push(sum);
  }
  return offsets;
}

export function windowOf(
  offsets: readonly number[],
  scrollTop: number,
  viewHeight: number,
): ListWindow {
  const count = offsets.length - 1;
  const first = Math.max(0, rowAt(offsets, scrollTop) - ROWS_BEYOND);
  const end = Math.min(count, rowAt(offsets, scrollTop + viewHeight) + 1 + ROWS_BEYOND);
  return {
    first,
    end,
    aboveHeight: offsets[first] ?? 0,
    belowHeight: (offsets[count] ?? 0) - (offsets[end] ?? 0),
  };
}

/** How far to scroll so that a row is seen; undefined where it already is. */
export function scrollToShow(
  offsets: readonly number[],
  row: number,
  scrollTop: number,
  viewHeight: number,
): number | undefined {
  const top = offsets[row] ?? 0;
  const bottom = offsets[row + 1] ?? top;
  if (top >= scrollTop && bottom <= scrollTop + viewHeight) return undefined;
  const near = top < scrollTop - viewHeight || bottom > scrollTop + 2 * viewHeight;
  if (near) return Math.max(0, top - viewHeight / 2);
  return top < scrollTop ? top : bottom - viewHeight;
}

function rowAt(offsets: readonly number[], y: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((offsets[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}
