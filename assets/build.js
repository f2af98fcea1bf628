// Bundles the office's scripts and styles with fingerprinted names, and writes the list of them to manifest.json.
import { build } from "esbuild";
import { createRequire } from "node:module";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const out = "src/guanxi/office/static/bundle";
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const result = await build({
  entryPoints: { office: "assets/office.js", charts: "assets/charts.js", lab: "assets/lab.js", style: "assets/style.css" },
  bundle: true,
  minify: true,
  sourcemap: false,
  target: "es2022",
  outdir: out,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "text" },
  metafile: true,
  legalComments: "linked",
});

const manifest = {};
for (const [file, meta] of Object.entries(result.metafile.outputs)) {
  if (meta.entryPoint) manifest[`${path.parse(meta.entryPoint).name}${path.extname(file)}`] = path.basename(file);
}
// The accessibility tests load axe-core from here; no page does.
await copyFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), path.join(out, "axe.js"));
await writeFile(path.join(out, "manifest.json"), JSON.stringify(manifest, null, 2));
