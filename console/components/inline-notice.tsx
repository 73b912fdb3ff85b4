/** What deserves a second look before one goes on; read out when it appears. */
import { IconAlertTriangleFilled } from "@tabler/icons-react";
import type { ReactNode } from "react";

/** @param children false while there is nothing to say */
export function InlineNotice({ children }: { readonly children: ReactNode }) {
  return (
    <div role="status">
      {children !== false && (
        <div className="sp-notice" data-tone="attention" data-inline>
          <IconAlertTriangleFilled size={15} aria-hidden />
          <span>{children}</span>
        </div>
      )}
    </div>
  );
}
