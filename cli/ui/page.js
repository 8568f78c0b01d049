// SPDX-License-Identifier: GPL-2.0-or-later
// page.js - the picture is asked for anew whenever netd tells of a change; names are texts and never markup
"use strict";

const COUNT_MS = 2000;
const SIGNS = { ok: "ok", bad: "!!", warn: " !", unknown: "??", skipped: " -" };
const SILENT = "netd does not answer: this is how it was";
const VERDICTS = { reachable: "WORKS", unreachable: "DOES NOT WORK", partly: "PARTLY", undecided: "UNDECIDED" };

// The key came with the page's address. It is kept for this tab and this server alone.
const key = new URLSearchParams(location.search).get("key") ?? sessionStorage.getItem("key") ?? "";
sessionStorage.setItem("key", key);
history.replaceState(null, "", "/");

const ask = (path, words = {}) => path + "?" + new URLSearchParams({ ...words, key });
const at = (id) => document.getElementById(id);
const parts = () => [...at("picture").querySelectorAll("[data-container]")];
let chosen = [];
let before = null;

function element(name, text, kind) {
	const made = document.createElement(name);
	made.textContent = text;
	if (kind)
		made.className = kind;
	return made;
}

function mark() {
	const wanted = at("find").value;
	for (const part of parts()) {
		const name = part.dataset.container;
		part.classList.toggle("faint", wanted !== "" && !name.includes(wanted));
		part.classList.toggle("chosen", chosen.some((one) => one.id === part.dataset.id));
	}
}

// --- the picture ---

let isDrawing = false, isStale = false;

async function draw() {
	if (isDrawing) {
		isStale = true;
		return;
	}
	isDrawing = true;
	do {
		isStale = false;
		const answer = await fetch(ask("picture", { width: Math.max(320, at("picture").clientWidth) }));
		if (!answer.ok)
			break;
		const svg = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
		if (svg.nodeName === "svg")
			at("picture").replaceChildren(document.importNode(svg, true));
	} while (isStale);
	isDrawing = false;
	mark();
}

const redraw = () => draw().catch(() => { isDrawing = false; });

// --- does A reach B ---

function show(from, to, verdict) {
	const box = at("verdict");
	const head = element("h2", `${from} -> ${to}  ${VERDICTS[verdict.Verdict] ?? verdict.Verdict}  ${verdict.Cause ?? ""}`,
		verdict.Verdict === "reachable" ? "" : "bad");
	const hops = document.createElement("ul");
	for (const hop of verdict.Hops ?? [])
		hops.append(element("li", `${SIGNS[hop.State] ?? "??"}  ${hop.Where}  ${hop.Say}`, hop.State));
	box.replaceChildren(head, hops);
	if (verdict.Why)
		box.append(element("p", "why: " + verdict.Why));
	for (const fix of verdict.Fix ?? [])
		box.append(element("p", "do: " + fix.Say + (fix.Argv.length ? ": " + fix.Argv.join(" ") : "")));
	box.dataset.verdict = verdict.Verdict;
}

async function explain(from, to) {
	const wanted = at("port").value.trim();
	const port = wanted === "" ? "" : ":" + wanted;
	const asked = to.name + port;
	at("verdict").hidden = false;
	delete at("verdict").dataset.verdict;
	at("verdict").replaceChildren(element("h2", `${from.name} -> ${asked} …`));
	const answer = await fetch(ask("explain", { from: from.id, to: to.id + port }));
	const text = await answer.text();
	if (answer.ok)
		show(from.name, asked, JSON.parse(text));
	else
		at("verdict").replaceChildren(element("h2", text, "bad"));
}

// --- what one of them has lost ---

// The first that is chosen: somebody has to enter its namespace to find out, so it is done when it is asked for.
async function lose({ id, name }) {
	const answer = await fetch(ask("losses", { of: id }));
	if (!answer.ok || chosen[0]?.id !== id)
		return;
	const losses = (await answer.json()).Losses;
	at("losses").replaceChildren(element("li", losses.length > 0 ? `${name} has lost` : `${name} has lost nothing that the kernel counts inside`),
		...losses.map((loss) => element("li", `${loss.Packets}  ${loss.Say} (${loss.Counter})`)));
}

// Asked for by id: a container may be called as what explain takes for something else ("host").
function choose({ id, container: name }) {
	chosen = chosen.length === 1 ? [chosen[0], { id, name }] : [{ id, name }];
	at("hint").textContent = chosen.length === 1 ? `${name} -> choose another` : chosen.map((one) => one.name).join(" -> ");
	mark();
	if (chosen.length === 1) {
		at("losses").replaceChildren();
		lose(chosen[0]).catch(() => {});
	}
	if (chosen.length === 2)
		explain(...chosen).catch((error) => at("verdict").replaceChildren(element("h2", String(error), "bad")));
}

at("picture").addEventListener("click", (event) => {
	const part = event.target.closest("[data-container]");
	if (part)
		choose(part.dataset);
});

// --- rates ---

const rate = (n) => n >= 1e6 ? (n / 1e6).toFixed(1) + " MB/s" : n >= 1e3 ? (n / 1e3).toFixed(1) + " kB/s" : Math.round(n) + " B/s";

// A container's, whichever network it is on; what the resolver does not know is not 0.
const questions = (dns) => !dns ? "" : dns.Failed > 0 ? `${dns.Queries}, ${dns.Failed} failed` : String(dns.Queries);

// The host's end of a link has sent what its container has received.
function rows(now) {
	const links = new Map((now.Traffic ?? []).map((link) => [link.Index, link]));
	const old = new Map((before?.Traffic ?? []).map((link) => [link.Index, link]));
	const asked = new Map((now.Dns?.Containers ?? []).map((one) => [one.Id, one]));
	const seconds = before ? (Date.parse(now.Time) - Date.parse(before.Time)) / 1000 : 0;
	const found = [];
	for (const container of now.Ends ?? [])
		for (const end of container.Endpoints) {
			const link = links.get(end.HostIndex), was = old.get(end.HostIndex);
			if (!link)
				continue;
			const per = (way) => was && seconds > 0 ? (link[way].Bytes - was[way].Bytes) / seconds : 0;
			found.push({ name: container.Name, on: end.Interface, receives: per("Sent"), sends: per("Received"),
				dropped: link.Sent.Dropped + link.Received.Dropped, questions: questions(asked.get(container.Id)) });
		}
	return found.sort((a, b) => b.receives + b.sends - a.receives - a.sends || (a.name < b.name ? -1 : 1));
}

async function count() {
	const answer = await fetch(ask("counters"));
	hear(answer.status !== 502);
	if (!answer.ok)
		return;
	const now = await answer.json();
	at("rates").replaceChildren(...rows(now).map((row) => {
		const line = document.createElement("tr");
		for (const text of [row.name, row.on, rate(row.receives), rate(row.sends), row.dropped, row.questions])
			line.append(element("td", text));
		return line;
	}));
	const asked = now.Resolver?.Counters;
	at("questions").textContent = asked
		? `questions for names: ${asked.Queries}, answered here ${asked.Local}, from the cache ${asked.Cached}, failed ${asked.Failed}`
		: "questions for names: not known";
	before = now;
}

// --- what happens ---

function say(text, isLost) {
	at("state").textContent = text;
	at("state").classList.toggle("lost", isLost);
}

// One that hangs ends no stream of events: it leaves a question without an answer.
let isSilent = false;

function hear(isThere) {
	if (!isThere)
		say(SILENT, true);
	else if (isSilent) {
		say("live", false);
		redraw();
	}
	isSilent = !isThere;
}

const events = new EventSource(ask("events"));
events.addEventListener("change", () => { say("live", false); redraw(); });
events.addEventListener("lost", () => say(SILENT, true));
// A server that is not there is looked for again; one that refuses is not.
events.addEventListener("error", () => say(events.readyState === EventSource.CLOSED
	? "open the page as netctl ui has printed it: its key is missing or old"
	: "netctl ui has ended: this is how it was", true));
at("find").addEventListener("input", mark);
addEventListener("resize", redraw);
redraw();
(function again() {
	count().catch(() => {}).finally(() => setTimeout(again, COUNT_MS));
})();
