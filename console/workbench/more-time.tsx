/** In the session's bar: asks for more time while the work goes on. */
import { Button, NativeSelect } from "@mantine/core";
import { IconClockPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { api } from "../components/api.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { myGrantsQuery, queryClient, requestsQuery } from "../components/queries.ts";
import { moreTimeText as words } from "../text/access.ts";

/** Nothing where the grant has no end that could move. */
export function MoreTime({ view }: { readonly view: LiveSessionView }) {
  const { data: grants } = useQuery(myGrantsQuery);
  const { data: requests } = useQuery(requestsQuery);
  const [asking, setAsking] = useState(false);
  const [lengthMs, setLengthMs] = useState(String(words.lengths[1].ms));
  const grant = grants?.find(({ id }) => id === view.grant);
  if (!grant?.extendable) return null;
  const asked = requests?.some(
    ({ state, moreTimeFor }) => state === "waiting" && moreTimeFor === grant.id,
  );
  if (asked) {
    return (
      <span className="wb-bar-item" title={words.asked}>
        <IconClockPlus size={15} aria-hidden />
        {words.askedShort}
      </span>
    );
  }
  async function ask(reason: string) {
    await api.askMoreTime(view.grant, Number(lengthMs), reason);
    await queryClient.invalidateQueries({ queryKey: requestsQuery.queryKey });
  }
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconClockPlus size={15} />}
        aria-label={words.ask}
        title={words.ask}
        onClick={() => setAsking(true)}
      >
        {words.short}
      </Button>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.title}
        action={words.submit}
        reasonLabel={words.reason}
        onConfirm={ask}
      >
        <NativeSelect
          label={words.length}
          description={words.explain}
          data={words.lengths.map(({ ms, label }) => ({ value: String(ms), label }))}
          value={lengthMs}
          onChange={(event) => setLengthMs(event.currentTarget.value)}
        />
      </ConfirmDialog>
    </>
  );
}
