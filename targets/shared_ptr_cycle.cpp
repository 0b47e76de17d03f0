// Ground truth: leak
// A cycle of shared_ptr: a document owns its view, the view keeps its document alive. Closing the
// document drops the last outside reference and releases nothing.
#include <memory>
#include <string>
#include <vector>

#include "pace.h"

namespace {

struct View;

struct Document {
    unsigned id = 0;
    char text[160] = {};
    std::shared_ptr<View> view;
};

struct View {
    std::shared_ptr<Document> document;  // A weak_ptr would do.
    int width = 80;
    int height = 25;
};

class Editor {
  public:
    [[gnu::noinline]] std::shared_ptr<Document> open(unsigned id) {
        auto document = std::make_shared<Document>();  // LEAK
        document->id = id;
        document->view = std::make_shared<View>();  // LEAK
        document->view->document = document;
        pace_leaked(sizeof(Document));
        pace_leaked(sizeof(View));
        return document;
    }

    // Rendering is the innocent churn beside the leak: its lines live as long as the call.
    [[gnu::noinline]] std::size_t render(const Document& document) {
        std::vector<std::string> lines;
        for (int row = 0; row < 4; ++row) {
            lines.push_back("line " + std::to_string(row) + " of document " +
                            std::to_string(document.id));
        }
        std::size_t characters = 0;
        for (const auto& line : lines)
            characters += line.size();
        return characters;
    }
};

[[gnu::noinline]] std::size_t edit(Editor& editor, unsigned id) {
    const auto document = editor.open(id);
    return editor.render(*document);
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 300);
    Editor editor;
    unsigned id = 0;
    while (pace_next()) {
        edit(editor, id++);
    }
    return pace_finish();
}
