// The page on which a person signs, declines, or makes a passkey. Text of others goes in by `textContent` alone.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);
  const made = (tag, text = "") => Object.assign(document.createElement(tag), { textContent: text });

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (one) => one.charCodeAt(0));
  };
  const text = (buffer) => {
    const plain = Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join("");
    return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };

  // What slacli said of an answer that it did not take.
  class Refused extends Error {}

  let visit = null;
  let deadline = 0;
  let over = false;
  let busy = null;
  let passkey = null;

  // --- talking to slacli --------------------------------------------------------------------

  const fetched = async (door) => {
    const answer = await fetch(door, { cache: "no-store", credentials: "omit" });
    if (!answer.ok) throw new Error(door);
    return answer.json();
  };

  // slacli may end as soon as it has an answer: that it is gone then is no news.
  let handing = false;

  const sent = async (door, body) => {
    let answer;
    let said;
    handing = true;
    try {
      answer = await fetch(door, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
      });
      said = await answer.json();
    } catch {
      gone();
      return null;
    } finally {
      handing = false;
    }
    if (said.over) {
      gone();
      return null;
    }
    if (!answer.ok) throw new Refused(said.error);
    return said;
  };

  // --- saying how it stands -----------------------------------------------------------------

  const say = (words) => {
    at("status").textContent = words;
  };

  const complain = (...lines) => {
    at("trouble").replaceChildren(...lines.map((line) => made("p", line)));
  };

  const ended = (heading, words) => {
    if (over) return;
    over = true;
    if (busy) busy.abort();
    at("answer").hidden = true;
    at("clock").hidden = true;
    say("");
    complain();
    at("end-heading").textContent = heading;
    at("end-text").textContent = words;
    at("end").hidden = false;
    document.title = heading;
    at("end-heading").focus();
  };

  const gone = () =>
    ended(
      "This page is over",
      "It was answered in another tab, its time ran out, or slacli was stopped. The terminal says which. " +
        "Nothing more can be signed here; you can close it.",
    );

  const explained = (fault) => {
    const making = visit.kind === "enrol" && !passkey;
    if (fault instanceof Refused) {
      return ["slacli did not take this answer", `${fault.message}. You can try again.`];
    }
    switch (fault.name) {
      case "NotAllowedError":
        return [
          making
            ? "No passkey was made: it was cancelled, took too long, or this device cannot tell who you are"
            : "Nothing was signed: it was cancelled, took too long, or no passkey fits",
          "You can try again. If a password manager answered instead of your device, choose “use the system prompt” " +
            "(or “use your device or a security key”) there: some of them do not sign on pages of one's own machine.",
          ...(making ? ["A device tells who you are by a finger, a face or a code: set one up, or use a phone."] : []),
        ];
      case "AbortError":
        return ["Nothing was signed: the time ran out", "Run slacli again in the terminal."];
      case "InvalidStateError":
        return ["This device has such a passkey already", "Use another device, or remove the old passkey first."];
      case "NotSupportedError":
      case "ConstraintError":
        return [
          "This device makes no passkey of a kind that slacli knows",
          "Set up a fingerprint, a face or a code on it, use a phone or a security key, or sign with an SSH key.",
        ];
      case "SecurityError":
        return [
          "This browser refuses passkeys on this page",
          "Its address must begin with http://localhost. Open the one that the terminal shows.",
        ];
      default:
        return [
          "The browser gave no signature",
          `It says: ${fault.name}. Try again, try another browser, or sign with an SSH key.`,
        ];
    }
  };

  // --- asking the passkey -------------------------------------------------------------------

  const attempt = async (work) => {
    if (busy || over) return;
    busy = new AbortController();
    const before = document.activeElement;
    const buttons = document.querySelectorAll("button");
    buttons.forEach((one) => { one.disabled = true; });
    complain();
    try {
      await work(busy.signal);
    } catch (fault) {
      say("");
      if (!over) complain(...explained(fault));
    } finally {
      busy = null;
      buttons.forEach((one) => { one.disabled = false; });
      // A button that was switched off has lost the keyboard.
      if (!over && document.activeElement === document.body) before.focus();
    }
  };

  const able = () => Boolean(window.PublicKeyCredential && navigator.credentials);

  const left = () => Math.max(deadline - performance.now(), 1000);

  const asserted = async (challenge, allowed, signal) => {
    const found = await navigator.credentials.get({
      signal,
      publicKey: {
        challenge: bytes(challenge),
        rpId: visit.site,
        allowCredentials: allowed.map((id) => ({ type: "public-key", id: bytes(id) })),
        userVerification: "required",
        timeout: left(),
      },
    });
    return {
      credential_id: text(found.rawId),
      authenticator_data: text(found.response.authenticatorData),
      client_data: text(found.response.clientDataJSON),
      signature: text(found.response.signature),
    };
  };

  // Another tab may have answered while this one stood open: then no finger is asked for.
  const stillOpen = async () => {
    try {
      await fetched("state");
      return true;
    } catch {
      if (!handing) gone();
      return false;
    }
  };

  const sign = () =>
    attempt(async (signal) => {
      if (!(await stillOpen())) return;
      say("Waiting for your device…");
      const answer = await asserted(visit.challenge, visit.allowed, signal);
      say("Handing it to slacli…");
      if (await sent("signed", answer)) {
        ended("Your signature was handed over", "slacli verifies it now: see the terminal. You can close this page.");
      }
    });

  const decline = () => {
    const reason = at("reason").value.trim();
    at("reason").setAttribute("aria-invalid", String(!reason));
    if (!reason) {
      complain("Say why you decline", "The others will want to know what to change.");
      at("reason").focus();
      return;
    }
    attempt(async (signal) => {
      let answer = {};
      if (visit.refusal && able()) {
        if (!(await stillOpen())) return;
        const said = await sent("declining", { reason });
        if (!said) return;
        say("Waiting for your device…");
        answer = await asserted(said.challenge, visit.allowed, signal);
        say("Handing it to slacli…");
      }
      if (await sent("declined", { reason, ...answer })) {
        ended("You declined to sign", "slacli has your reason: see the terminal. You can close this page.");
      }
    });
  };

  const make = () =>
    attempt(async (signal) => {
      if (!(await stillOpen())) return;
      say("Waiting for your device…");
      const found = await navigator.credentials.create({
        signal,
        publicKey: {
          rp: { id: visit.site, name: "slacli" },
          user: {
            id: bytes(visit.user),
            name: `${visit.person} (${visit.title})`,
            displayName: visit.person,
          },
          challenge: bytes(visit.challenge),
          pubKeyCredParams: visit.algorithms.map((alg) => ({ type: "public-key", alg })),
          authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
          attestation: "none",
          timeout: left(),
        },
      });
      if (!found.response.getPublicKey || !found.response.getPublicKey()) {
        const fault = new Error("no public key");
        fault.name = "NotSupportedError";
        throw fault;
      }
      const id = text(found.rawId);
      const said = await sent("created", {
        credential_id: id,
        algorithm: found.response.getPublicKeyAlgorithm(),
        public_key: text(found.response.getPublicKey()),
      });
      if (!said) return;
      passkey = { id, challenge: said.challenge };
      at("step-make").className = "done";
      at("step-make").append(made("strong", " Done."));
      at("step-make").removeAttribute("aria-current");
      at("step-prove").setAttribute("aria-current", "step");
      at("go").textContent = "Sign once with it";
      say("The passkey is made. Now sign once with it.");
    });

  const prove = () =>
    attempt(async (signal) => {
      if (!(await stillOpen())) return;
      say("Waiting for your device…");
      const answer = await asserted(passkey.challenge, [passkey.id], signal);
      say("Handing it to slacli…");
      if (await sent("proven", answer)) {
        ended("Your passkey is ready", "slacli verifies it now: see the terminal. You can close this page.");
      }
    });

  // --- what there is to read ----------------------------------------------------------------

  const list = (lines) => {
    const found = made("ul");
    found.append(
      ...lines.map((line) => {
        const item = made("li");
        item.append(made("bdi", line));
        return item;
      }),
    );
    return found;
  };

  const section = (heading, ...parts) => {
    const found = made("section");
    const head = made("h2", heading);
    head.id = `section-${at("sections").childElementCount}`;
    found.setAttribute("aria-labelledby", head.id);
    found.append(head, ...parts);
    at("sections").append(found);
  };

  const under = (heading, lines) => {
    const found = made("div");
    found.append(made("h3", heading), list(lines));
    return found;
  };

  const fact = (name, value) => {
    if (value) at("facts").append(made("dt", name), made("dd", value));
  };

  const showSigning = () => {
    const what = visit.what || `version ${visit.version}`;
    document.title = `Sign ${what}`;
    at("kicker").textContent = visit.title;
    at("heading").textContent = `${what.slice(0, 1).toUpperCase()}${what.slice(1)}, for you to sign`;
    fact("You", visit.person);
    fact("You sign as", visit.role);
    fact("In force from", visit.effective);
    if (visit.alike.length) {
      section("Look twice: these words are not what they look like", list(visit.alike));
      at("sections").lastElementChild.className = "twice";
    }
    const told = visit.told ? [made("p", visit.told)] : [];
    const since = visit.since ? `since version ${visit.since}` : "";
    if (visit.changes.length) {
      const parts = visit.changes.map((one) => under(one.heading, one.lines));
      section(since ? `What has changed ${since}` : "What it says", ...told, ...parts);
    } else if (since) {
      const nothing = visit.steward.length ? "Nothing else has changed." : "Nothing that decides anything has changed.";
      section(`What has changed ${since}`, ...told, made("p", nothing));
    } else {
      const whole = made("p");
      whole.append("Read the agreement before you sign; ", made("code", "slacli show"), " prints it whole.");
      section("What it says", ...told, whole);
    }
    if (visit.impact.length) {
      const whose = visit.replayed ? [made("p", visit.replayed)] : [];
      section("What it would have done to real rows", ...whose, list(visit.impact));
    }
    if (visit.steward.length) section("What the steward has changed since, without your signature", list(visit.steward));
    const names = made("div");
    names.className = "two";
    if (visit.signed.length) names.append(under("Signed", visit.signed));
    if (visit.missing.length) names.append(under("Still missing", visit.missing));
    if (names.childElementCount) section("Signatures", names);
    if (visit.digest) {
      const digest = made("p");
      digest.append("The terminal shows the same: ", made("code", visit.digest));
      section("What exactly you sign", digest);
    }
    at("go").textContent = `Sign ${what} as ${visit.role}`;
    at("go").addEventListener("click", sign);
    at("decline").hidden = false;
    at("refusal-device").hidden = !(visit.refusal && able());
    at("decline").addEventListener("click", () => turned(at("refusal").hidden));
    at("back").addEventListener("click", () => turned(false));
    at("refusal").addEventListener("submit", (event) => {
      event.preventDefault();
      decline();
    });
  };

  const turned = (open) => {
    at("refusal").hidden = !open;
    at("choices").hidden = open;
    at("prompt").hidden = open;
    at("decline").setAttribute("aria-expanded", String(open));
    complain();
    (open ? at("reason") : at("decline")).focus();
  };

  const showEnrolling = () => {
    document.title = "Make a passkey";
    at("kicker").textContent = visit.title;
    at("heading").textContent = `A passkey for ${visit.person}`;
    at("lead").textContent =
      "With it you will sign versions of this contract. It stays on your device, or with the service that keeps your " +
      "passkeys; slacli gets its public half.";
    at("answer-heading").textContent = "Two steps";
    at("steps").hidden = false;
    at("step-make").setAttribute("aria-current", "step");
    at("prompt").replaceChildren(
      "Your device will ask for your finger, your face or a code. It names the site ",
      made("code", visit.site),
      ", which is this machine.",
    );
    at("go").textContent = "Make the passkey";
    at("go").addEventListener("click", () => (passkey ? prove() : make()));
  };

  // --- time ---------------------------------------------------------------------------------

  let warned = false;

  const tick = () => {
    if (over) return;
    const seconds = Math.ceil((deadline - performance.now()) / 1000);
    if (seconds <= 0) {
      gone();
      return;
    }
    const words = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    at("clock").textContent = `${words} left to answer`;
    if (seconds <= 30 && !warned) {
      warned = true;
      if (!busy) say("Less than half a minute is left.");
    }
    setTimeout(tick, 500);
  };

  const watch = async () => {
    if (over) return;
    if (!handing) await stillOpen();
    setTimeout(watch, 2000);
  };

  const start = async () => {
    try {
      visit = await fetched("visit");
    } catch {
      gone();
      return;
    }
    deadline = performance.now() + visit.left * 1000;
    if (visit.kind === "sign") showSigning();
    else showEnrolling();
    at("paper").hidden = false;
    at("answer").hidden = false;
    at("clock").hidden = false;
    if (!able()) {
      at("go").hidden = true;
      complain(
        "This browser has no passkeys",
        "Open the address of this page in a current Chrome, Edge, Firefox or Safari on this machine, " +
          "or sign with an SSH key.",
      );
    }
    tick();
    setTimeout(watch, 2000);
    if (visit.kind === "enrol" && window.PublicKeyCredential) {
      const able = await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
      if (!able && !busy && !over) {
        say("This device itself knows no finger, face or code of yours: use a phone or a security key.");
      }
    }
  };

  start();
})();
