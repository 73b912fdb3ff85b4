/** What scrolls by itself and is reached by keys. */
import type { ReactNode } from "react";

interface ScrollingProps {
  readonly className: string;
  readonly label: string;
  readonly children: ReactNode;
}

export function Scrolling({ className, label, children }: ScrollingProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for inputs
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <div className={className} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
