/** Every plant that counted. */
import { useQuery } from "@tanstack/react-query";
import type { PlantFileView, PlantVersionView } from "../../../broker/api/shapes/plant-file.ts";
import { plantVersionQuery } from "../../components/plant-file.ts";
import { QueryView } from "../../components/query-view.tsx";
import { Empty } from "../../components/states.tsx";
import { Versions } from "../../components/versions.tsx";
import { plantFileText } from "../../text/plant-file.ts";
import { PolicyChanges } from "../policy/policy-changes.tsx";
import "../policy/policy.css";

const words = plantFileText.history;

interface VersionListProps {
  readonly file: PlantFileView;
  readonly onRestore: (version: PlantVersionView) => void;
}

export function VersionList({ file, onRestore }: VersionListProps) {
  if (file.versions.length === 0) return <Empty title={words.empty}>{words.emptyAdvice}</Empty>;
  return (
    <Versions
      label={words.label}
      versions={file.versions}
      isCurrent={({ digest }) => digest === file.digest}
      changes={({ sequence }) => <Changes file={file} sequence={sequence} />}
      restore={{ label: words.restore, onRestore }}
    />
  );
}

function Changes({ file, sequence }: { file: PlantFileView; sequence: number }) {
  const query = useQuery(plantVersionQuery(sequence));
  return (
    <QueryView query={query} failed={plantFileText.failed}>
      {({ text }) => (
        <PolicyChanges
          before={[{ name: file.name, text }]}
          after={[{ name: file.name, text: file.text }]}
        />
      )}
    </QueryView>
  );
}
