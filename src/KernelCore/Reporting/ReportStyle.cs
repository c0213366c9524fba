namespace KernelCore.Reporting;

/// <summary>The style sheet of the report.</summary>
internal static class ReportStyle
{
    /// <summary>Colours, for light and dark pages.</summary>
    /// <remarks>Series colours are those of Okabe and Ito, told apart by all common kinds of colour vision, lightened for dark pages.</remarks>
    public const string Palette = """

        :root {
          --page: #f6f7f9; --surface: #ffffff; --text: #1b2430; --muted: #5a6675; --line: #dde2e8; --accent: #0b5cad;
          --hit: #b34700; --hit-surface: #fff4ea;
          --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b0508a; --c4: #b87f00; --c5: #3d9bd1; --c6: #7a5cc4; --c7: #5f6b78;
        }
        @media screen and (prefers-color-scheme: dark) {
          :root {
            --page: #11161d; --surface: #1a212b; --text: #e6ebf1; --muted: #9daab9; --line: #323d4a; --accent: #7fbdf5;
            --hit: #ffab66; --hit-surface: #33261a;
            --c0: #4fb3e8; --c1: #ff9248; --c2: #36c99a; --c3: #e296c3; --c4: #e8b83a; --c5: #a4d8f5; --c6: #b39cf0; --c7: #a7b3c0;
          }
        }

        """;

    /// <summary>Charts, inside a page or on their own.</summary>
    public const string Charts = """

        svg { display: block; width: 100%; height: auto; }
        svg text { font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-size: 12px; fill: var(--muted); font-variant-numeric: tabular-nums; }
        svg .rule-label { fill: var(--text); font-weight: 600; paint-order: stroke; stroke: var(--surface); stroke-width: 4px; }
        .grid { stroke: var(--line); fill: none; }
        .axis { stroke: var(--muted); fill: none; }
        .rule { stroke: var(--text); stroke-dasharray: 4 3; fill: none; }
        .reference { stroke: var(--muted); stroke-dasharray: 2 4; fill: none; }
        .line { stroke: var(--c); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; fill: none; }
        .dashed { stroke-dasharray: 6 4; }
        .area { stroke: var(--c); stroke-width: 1.5; fill: var(--c); fill-opacity: 0.28; }
        .dot { fill: var(--c); }
        .hollow { stroke: var(--c); stroke-width: 2; fill: var(--surface); }
        .bar { fill: var(--c); }
        .c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
        .c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
        .page { fill: var(--surface); }

        """;

    /// <summary>Free of the characters that XML escapes, since HTML does not unescape style sheets.</summary>
    public const string Css = Palette + Charts + """

        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 2rem 1.25rem; max-width: 76rem; background: var(--page); color: var(--text);
          font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.01em; overflow-wrap: anywhere; }
        h2 { margin: 0 0 0.75rem; font-size: 1.25rem; }
        p { margin: 0 0 0.75rem; }
        header p, .note, footer { color: var(--muted); }
        header p { margin: 0.25rem 0 0.75rem; }
        .note { max-width: 60rem; font-size: 0.9rem; }
        footer { margin-top: 2rem; font-size: 0.85rem; }
        nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.95rem; }
        a { color: var(--accent); text-decoration: none; }
        a:hover, a:focus-visible { text-decoration: underline; }
        section { margin-top: 1.25rem; padding: 1.25rem; background: var(--surface); border: 1px solid var(--line); border-radius: 0.6rem; }
        ul, ol { margin: 0; padding: 0; list-style: none; }
        dl, dd { margin: 0; }

        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 0.75rem; margin-bottom: 1.25rem; }
        .tiles li { display: flex; flex-direction: column; padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; }
        .tiles strong { font-size: 1.5rem; line-height: 1.3; font-weight: 650; font-variant-numeric: tabular-nums; }
        .tiles span { color: var(--muted); font-size: 0.85rem; }
        .run { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0.25rem 1.5rem; margin-top: 1.25rem; font-size: 0.9rem; }
        .run div { display: flex; gap: 0.5rem; justify-content: space-between; border-bottom: 1px solid var(--line); padding: 0.2rem 0; }
        .run dt { color: var(--muted); }
        .run dd { text-align: right; overflow-wrap: anywhere; }

        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; color: var(--muted); padding-bottom: 0.35rem; }
        th, td { padding: 0.3rem 0.75rem; border-bottom: 1px solid var(--line); text-align: right; font-weight: 400; white-space: nowrap; }
        thead th { color: var(--muted); font-weight: 600; vertical-align: bottom; }
        th:first-child { text-align: left; padding-left: 0; }
        tbody th { font-weight: 600; }
        #summary th:nth-child(2), #summary td:nth-child(2) { text-align: left; }
        details { margin-top: 1rem; font-size: 0.9rem; }
        summary { cursor: pointer; color: var(--accent); margin-bottom: 0.5rem; }

        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem; align-items: start; }
        figure { margin: 0; }
        figcaption { font-weight: 600; margin-bottom: 0.35rem; }
        figcaption .note { font-weight: 400; margin: 0; }
        .legend { display: flex; flex-wrap: wrap; gap: 0.15rem 1.25rem; padding-left: 3.4rem; font-size: 0.85rem; color: var(--muted); }
        .legend li { display: flex; align-items: center; gap: 0.4rem; }
        .swatch { display: inline-block; width: 24px; height: 12px; flex: none; }
        th .swatch { margin-right: 0.5rem; }
        .detection { grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }

        .suspects { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 0.6rem; }
        .suspects li { display: flex; gap: 0.75rem; padding: 0.6rem; border: 1px solid var(--line); border-radius: 0.5rem; font-size: 0.85rem; }
        .suspects li.hit { border-color: var(--hit); background: var(--hit-surface); }
        .suspects li div { flex: 1; min-width: 0; }
        .suspects img { width: 5.25rem; height: 5.25rem; object-fit: contain; image-rendering: pixelated; background: #000; border-radius: 0.25rem; flex: none; }
        .suspects li:has(.features) { flex-direction: column; }
        .suspects .features { max-width: 220px; }
        .suspects dl { display: grid; grid-template-columns: auto minmax(4.5em, 1fr); column-gap: 0.75rem; line-height: 1.35; }
        .suspects dt { color: var(--muted); }
        .suspects dd { text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
        .index { display: flex; justify-content: space-between; align-items: baseline; margin: 0 0 0.15rem; font-weight: 600; }
        .badge { color: var(--hit); font-size: 0.75rem; white-space: nowrap; }

        h3 { margin: 0 0 0.4rem; font-size: 0.9rem; color: var(--muted); font-weight: 600; }
        .case { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; padding: 0.75rem 0; border-top: 1px solid var(--line); }
        .thumbs { display: flex; flex-wrap: wrap; gap: 0.6rem; }
        .thumbs li { width: 4.5rem; font-size: 0.8rem; line-height: 1.3; overflow-wrap: anywhere; }
        .thumbs li:has(.features) { width: 13rem; }
        .thumbs img { width: 4.5rem; height: 4.5rem; object-fit: contain; image-rendering: pixelated; background: #000; border-radius: 0.25rem; }
        .thumbs p { margin: 0; }
        #memorization h3 { margin-top: 1.25rem; }
        .groups { display: flex; flex-wrap: wrap; gap: 0.6rem; }
        .groups ul { padding: 0.6rem; border: 1px solid var(--line); border-radius: 0.5rem; }

        .glossary { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1rem 2rem; }
        .glossary dt { font-weight: 600; }
        .glossary p { margin: 0; }
        code { font: 0.85rem ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }

        @media print {
          :root { font-size: 10px; }
          body { max-width: none; padding: 0; background: none; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          nav { display: none; }
          section { border: 0; padding: 0.5rem 0; }
          h2 { break-after: avoid; }
          th, td { padding: 0.2rem 0.5rem; white-space: normal; }
          .scroll { overflow: visible; }
          .charts { grid-template-columns: 1fr 1fr; }
          .suspects { grid-template-columns: repeat(4, 1fr); }
          figure, tr, .suspects li, .case, .groups ul, .glossary div, .tiles li { break-inside: avoid; }
          details::details-content { content-visibility: visible; }
        }

        """;
}
