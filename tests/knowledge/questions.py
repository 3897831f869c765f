"""Questions to the handbook with the heading that answers each, and texts that nothing in it answers."""

ANSWERED = (
    ("How do I rotate the webhook secret?", "", "Rotate the webhook secret"),
    ("Rotating secrets", "What is the right way of rotating the secret of the webhook?", "Rotate the webhook secret"),
    ("How is a delivery verified?", "", "How a delivery is verified"),
    ("Question: body size limit", "What happens when the body of a delivery is over the limit?", "Limits"),
    ("What does SIGNALBOX_HANDS mean?", "", "Environment variables"),
    ("How can I turn off answers?", "We only want labels, no comments.", "Turn off answers"),
    ("how to restrict which labels it may use", "", "Restrict the labels it may use"),
    ("How do I roll back a prompt?", "The new version is worse.", "Roll back a prompt"),
    ("Is there a way to release a prompt to a tenth of the threads?", "", "Release a new version"),
    ("How to back up the database?", "We run our own Postgres. Thanks!", "Back up the database"),
    ("What is a decision?", "", "What a decision is"),
    ("Where do I find failed work and how can I retry it?", "", "Retry dead work"),
    ("[Question] Upgrading", "What is the right way to upgrade? Do I run migrations by hand?", "Upgrade"),
    ("What is the default mode?", "", "Modes"),
    ("How do I uninstall the app and delete its data?", "", "Uninstall"),
    ("which metric should I watch in prometheus?", "", "Metrics"),
)

UNANSWERED = (
    ("What is the weather?", ""),
    ("How do I bake sourdough bread?", ""),
    ("What is the meaning of life?", ""),
    ("Can you recommend a restaurant in Berlin?", ""),
    ("How do I rotate a video in ffmpeg?", ""),
    ("Who won the football world cup in 1998?", ""),
    ("How do I connect to MongoDB?", ""),
    ("Does it support GitLab merge requests?", ""),
    ("How to center a div in CSS?", ""),
    ("What is the price of the enterprise plan?", ""),
    ("How do I change my GitHub password?", ""),
    ("Is there an Android app?", ""),
    ("Please add dark mode", "It would be nice to have a dark theme on the page."),
    ("Crash on Windows 11 when opening the tray icon", "Steps to reproduce: 1. open 2. click. Expected: no crash."),
    (
        "TypeError: 'NoneType' object is not subscriptable",
        "```\nTraceback (most recent call last):\nTypeError: 'NoneType' object is not subscriptable\n```\nAlways.",
    ),
    ("thanks for this great project!", ""),
    ("?", "???"),
    ("", ""),
)
