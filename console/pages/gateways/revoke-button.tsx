/** Shuts a gateway out, after saying what becomes of its sessions. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { GatewayView } from "../../../broker/api/shapes/gateways.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { gatewaysQuery, revokeGateway } from "../../components/gateways.ts";
import { gatewaysText as words } from "../../text/gateways.ts";

export function RevokeButton({ gateway }: { readonly gateway: GatewayView }) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const revoke = async () => {
    await revokeGateway(gateway.id);
    await client.invalidateQueries({ queryKey: gatewaysQuery.queryKey });
  };
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={words.revokeOf(gateway.name)}
        onClick={() => setAsking(true)}
      >
        {words.revoke}
      </Button>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.revokeTitle(gateway.name)}
        action={words.revoke}
        harmful
        onConfirm={revoke}
      >
        {words.revokeAsk}
      </ConfirmDialog>
    </>
  );
}
