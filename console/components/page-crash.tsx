/** Instead of a page that threw or does not exist. */
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link, useRouteError } from "react-router";
import { text } from "../text.ts";
import { Page } from "./page.tsx";
import { isPartMissing, loadAnewIfRenewed } from "./stale-console.ts";
import { Empty, ProblemNotice } from "./states.tsx";

export function PageCrash() {
  const thrown = useRouteError();
  if (isPartMissing(thrown)) return <PartMissing thrown={thrown} />;
  return (
    <Page title={text.error.pageTitle}>
      <ProblemNotice
        thrown={thrown}
        title={text.error.pageAdvice}
        onRetry={() => window.location.reload()}
      />
    </Page>
  );
}

/** The broker serves another console than this page is of, or cannot be reached. */
function PartMissing({ thrown }: { readonly thrown: unknown }) {
  const [helpless, setHelpless] = useState(false);
  useEffect(() => {
    loadAnewIfRenewed().then(
      (renewed) => !renewed && setHelpless(true),
      () => setHelpless(true),
    );
  }, []);
  return (
    <Page title={helpless ? text.error.pageTitle : text.error.renewedTitle}>
      {helpless ? (
        <ProblemNotice
          thrown={thrown}
          title={text.error.partMissing}
          onRetry={() => window.location.reload()}
        />
      ) : (
        <Empty title={text.error.renewed}>{text.error.renewedAdvice}</Empty>
      )}
    </Page>
  );
}

export function PageNotFound() {
  return (
    <Page title={text.error.notFoundTitle}>
      <Empty
        title={text.error.notFound}
        action={
          <Button component={Link} to="/" variant="default" mt="xs">
            {text.error.toPlant}
          </Button>
        }
      >
        {window.location.pathname}
      </Empty>
    </Page>
  );
}
