/** Why passkeys cannot work in this browser or at this address, before anyone tries in vain. */
import { Anchor, Stack, Text } from "@mantine/core";
import type { Hurdle } from "../../components/passkey.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { passkeyText } from "../../text/sign-in.ts";

const LOOPBACK = /^(127\.|\[::1\])/;

export function HurdleNotice({ hurdle }: { readonly hurdle: Hurdle }) {
  const words = passkeyText.hurdle[hurdle];
  return (
    <Stack gap={6} role="alert" mb="md">
      <div>
        <StateBadge tone="attention" word={words.title} />
      </div>
      <Text size="sm">{words.advice}</Text>
      {hurdle === "ip-address" && <LocalName />}
    </Stack>
  );
}

/** On the broker's own machine the name is known. */
function LocalName() {
  if (!LOOPBACK.test(window.location.hostname)) return null;
  const { protocol, port, pathname, hash } = window.location;
  const address = `${protocol}//localhost${port === "" ? "" : `:${port}`}${pathname}`;
  return (
    <Anchor href={address + hash} size="sm">
      {address}
    </Anchor>
  );
}
