/** On every page: somebody works without approval right now, or such a use waits for my review. */
import { Button } from "@mantine/core";
import { IconAlertOctagonFilled, IconEyeCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "react-router";
import { breakGlassQuery, isOpen } from "../components/break-glass.ts";
import { useRight } from "../components/me.ts";
import { useNow } from "../components/now.ts";
import { breakGlassText } from "../text/break-glass.ts";

const words = breakGlassText.notice;

export function BreakGlassNotice() {
  const concerned = useRight("break-glass:open", "break-glass:review", "events:view");
  const { data } = useQuery({ ...breakGlassQuery, enabled: concerned });
  const { pathname } = useLocation();
  const nowMs = useNow();
  if (pathname === "/break-glass") return null;
  const open = data?.filter((use) => isOpen(use, nowMs)) ?? [];
  const waiting = data?.filter(({ mayReview }) => mayReview).length ?? 0;
  return (
    <div role="status">
      {open.map((use) => (
        <div key={use.id} className="sp-notice" data-tone="alarm">
          <IconAlertOctagonFilled size={16} aria-hidden />
          <span>
            <strong>{words.open(use.openedBy.name, use.assetName)}</strong> {use.reason}
          </span>
          <Button component={Link} to="/break-glass" size="compact-sm" variant="default">
            {words.look}
          </Button>
        </div>
      ))}
      {waiting > 0 && (
        <div className="sp-notice" data-tone="attention">
          <IconEyeCheck size={16} aria-hidden />
          {words.waiting(waiting)}
          <Button component={Link} to="/break-glass" size="compact-sm" variant="default">
            {words.review}
          </Button>
        </div>
      )}
    </div>
  );
}
