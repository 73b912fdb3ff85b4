/** The sign of the product, as on the browser's tab: two doors, one behind the other. */

interface BrandMarkProps {
  /** Pixels. */
  readonly size: number;
}

export function BrandMark({ size }: BrandMarkProps) {
  return (
    <svg className="sp-mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="4" />
      <path d="M7 26V12a9 9 0 0 1 18 0v14" data-door="outer" />
      <path d="M13 26V13.5a3 3 0 0 1 6 0V26" data-door="inner" />
    </svg>
  );
}
